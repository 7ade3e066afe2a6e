// What a command gets, and what becomes of what it does.
#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <crewship/domain/trace_context.hpp>

#include "runs_fixture.hpp"

namespace crewship {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using CommandRunTest = RunsTest;

TEST_F(CommandRunTest, IsAnsweredWhenItRunsAndIsOnDisk) {
  const auto version =
      deploy(shell("cat > /dev/null; while [ ! -e " + mark("go") + " ]; do :; done; echo '{\"a\":1}'"));
  const auto launched = launch(request(R"({"x":1})"));
  ASSERT_TRUE(launched);
  EXPECT_EQ(launched->version_id, version);
  EXPECT_EQ(launched->version_number, 1);
  EXPECT_FALSE(launched->replayed);
  auto run = row(launched->run_id);
  EXPECT_EQ(run.status, RunStatus::running);
  EXPECT_EQ(run.started_at, clock.now());
  EXPECT_EQ(run.input, R"({"x":1})");
  EXPECT_EQ(run.incoming_webhook_id, incoming);
  EXPECT_THAT(deliveries(), IsEmpty());

  clock.advance(1500ms);
  std::ofstream(mark("go")) << "\n";
  await_all_ends();
  run = row(launched->run_id);
  EXPECT_EQ(run.status, RunStatus::succeeded);
  EXPECT_EQ(run.output, R"({"a":1})");
  EXPECT_EQ(run.completed_at, clock.now());
  ASSERT_THAT(deliveries(), SizeIs(1));
  const auto delivery = deliveries().front();
  EXPECT_EQ(delivery.event, EventType::run_succeeded);
  EXPECT_EQ(delivery.run_id, run.id);
  EXPECT_THAT(delivery.body, HasSubstr(R"("output":{"a":1})"));
  EXPECT_THAT(wake_up.woken, ElementsAre(outgoing));
  EXPECT_TRUE(log.has_line("run started", run.id.text(), deployment.text(), "version_number=1"));
  EXPECT_TRUE(log.has_line("run succeeded", run.id.text(), "duration_ms=1500"));
}

TEST_F(CommandRunTest, TheDispatcherIsToldOnceOfWhatTheLastRunLetItExpect) {
  const auto enable = [this](bool enabled) {
    OutgoingWebhookPatch patch;
    patch.enabled = enabled;
    write([&](Tx& tx) { update_outgoing_webhook(tx, outgoing, patch, clock.now()); });
  };
  deploy(shell("true"));
  launch_and_end();
  launch_and_end();
  EXPECT_THAT(wake_up.woken, ElementsAre(outgoing, outgoing));
  enable(false);
  launch_and_end();
  EXPECT_THAT(wake_up.woken, SizeIs(3)) << "in vain";
  launch_and_end();
  EXPECT_THAT(wake_up.woken, SizeIs(3));
  EXPECT_THAT(deliveries(), SizeIs(2));
  enable(true);
  launch_and_end();
  EXPECT_THAT(wake_up.woken, SizeIs(4));
}

TEST_F(CommandRunTest, MakesAnyOutputAnObject) {
  deploy(shell("echo hello"));
  EXPECT_EQ(launch_and_end().output, R"({"result":"hello"})");
  deploy(shell("true"));
  EXPECT_EQ(launch_and_end().output, "{}");
}

TEST_F(CommandRunTest, GetsItsInputOnStdin) {
  deploy(shell("cat"));
  const auto big = R"({"x":")" + std::string(options.output_bytes - 100, 'x') + "\"}";
  EXPECT_EQ(launch_and_end(request(big)).output, big);
}

TEST_F(CommandRunTest, GetsItsTraceAsTraceparent) {
  deploy(shell("echo $TRACEPARENT"));
  auto asked = request();
  asked.received_traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto run = launch_and_end(asked);
  EXPECT_EQ(run.received_traceparent, asked.received_traceparent);
  EXPECT_EQ(run.output, R"({"result":")" + traceparent_of(run) + "\"}");
  ASSERT_THAT(deliveries(), SizeIs(1));
  EXPECT_TRUE(log.has_line("run started", run.id.text(), "trace_id=4bf92f3577b34da6a3ce929d0e0e4736"));
}

TEST_F(CommandRunTest, FailsWithItsStatusAndLastWords) {
  deploy(shell("echo first >&2; echo last words >&2; exit 3"));
  const auto run = launch_and_end();
  EXPECT_EQ(run.status, RunStatus::failed);
  EXPECT_EQ(run.error_message, "exited with status 3: last words");
  EXPECT_EQ(run.output, std::nullopt);
  EXPECT_THAT(messages_of(run.id), ElementsAre("first", "last words"));
  ASSERT_THAT(deliveries(), SizeIs(1));
  EXPECT_EQ(deliveries().front().event, EventType::run_failed);
  EXPECT_TRUE(log.has_line("run failed", run.id.text(), "exited with status 3"));
}

TEST_F(CommandRunTest, FailsWithTheSignalThatKilledIt) {
  deploy(shell("kill -9 $$"));
  EXPECT_EQ(launch_and_end().error_message, "killed by signal 9 (SIGKILL)");
}

TEST_F(CommandRunTest, GetsACleanEnvironment) {
  ::setenv("CREWSHIP_API_KEY", "secret of the daemon", 1);
  deploy({CommandRunner{{"env"}, {}}}, {{"OWN", "of the version"}, {"HOME", "/elsewhere"}});
  const auto run = launch_and_end();
  ::unsetenv("CREWSHIP_API_KEY");
  ASSERT_TRUE(run.output);
  auto text = *run.output;
  for (const auto& [name, value] : std::map<std::string, std::string>{{"CREWSHIP_DEPLOYMENT_ID", deployment.text()},
                                                                      {"CREWSHIP_ENVIRONMENT", "production"},
                                                                      {"CREWSHIP_EVENTS_FD", "3"},
                                                                      {"CREWSHIP_INSTANCE", guard->instance_marker()},
                                                                      {"CREWSHIP_RUN_ID", run.id.text()},
                                                                      {"CREWSHIP_VERSION_NUMBER", "1"},
                                                                      {"HOME", "/elsewhere"},
                                                                      {"OWN", "of the version"},
                                                                      {"TRACEPARENT", traceparent_of(run)}}) {
    const auto entry = name + "=" + value;
    const auto place = text.find(entry);
    EXPECT_NE(place, std::string::npos) << entry;
    if (place != std::string::npos) text.erase(place, entry.size());
  }
  // What is left is PATH and LANG.
  EXPECT_EQ(std::ranges::count(text, '='), 2) << text;
  EXPECT_THAT(text, HasSubstr("PATH="));
  EXPECT_THAT(text, HasSubstr("LANG="));
}

TEST_F(CommandRunTest, MayIgnoreItsInput) {
  const auto big = R"({"x":")" + std::string(1 << 20, 'x') + "\"}";
  deploy(shell("exec true"));  // dies with the input unread
  EXPECT_EQ(launch_and_end(request(big)).status, RunStatus::succeeded);
  deploy(shell("exec <&-; echo closed; exit 0"));
  EXPECT_EQ(launch_and_end(request(big)).output, R"({"result":"closed"})");
  deploy(python("import os; os.close(0); print('never read')"));
  EXPECT_EQ(launch_and_end(request(big)).output, R"({"result":"never read"})");
}

TEST_F(CommandRunTest, ThatFloodsStderrEndsAndKeepsABoundedLog) {
  options.log_bytes = 100'000;
  remake_executor();
  deploy(python("import sys\nfor i in range(20000): sys.stderr.write('line %d of a flood\\n' % i)\nprint('done')"));
  const auto run = launch_and_end();
  EXPECT_EQ(run.output, R"({"result":"done"})");
  const auto lines = log_of(run.id);
  EXPECT_LT(lines.size(), 5000u);
  EXPECT_EQ(lines.front().message, "line 0 of a flood");
  EXPECT_EQ(lines.back().message, "the log exceeds 100000 bytes; the rest of it is dropped");
}

TEST_F(CommandRunTest, ThatWritesTooMuchIsEnded) {
  deploy(shell("exec yes"));
  const auto run = launch_and_end();
  EXPECT_EQ(run.status, RunStatus::failed);
  EXPECT_EQ(run.error_message, "output exceeds 1048576 bytes");
}

TEST_F(CommandRunTest, MayFillTheOutputToTheLastByte) {
  options.output_bytes = 1000;
  remake_executor();
  deploy(shell("head -c 1000 /dev/zero | tr '\\0' x"));
  EXPECT_EQ(launch_and_end().status, RunStatus::succeeded);
  deploy(shell("head -c 1001 /dev/zero | tr '\\0' x"));
  EXPECT_EQ(launch_and_end().error_message, "output exceeds 1000 bytes");
}

std::size_t peak_memory_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6));
  }
  return 0;
}

TEST_F(CommandRunTest, ThatWritesAGigabyteCostsNoMemory) {
  // Refuses to stop, so all of it is drained.
  deploy(shell("trap '' TERM; head -c 1G /dev/zero; head -c 300M /dev/zero >&2"));
  const auto before = peak_memory_kib();
  EXPECT_EQ(launch_and_end().error_message, "output exceeds 1048576 bytes");
  EXPECT_LT(peak_memory_kib() - before, 32u * 1024);
}

TEST_F(CommandRunTest, LogIsReadableWhileItRuns) {
  deploy(shell("echo working >&2; echo > " + mark("said") + "; exec sleep 1000"));
  const auto launched = launch();
  await_mark("said");
  loop.until([&] { return clock.waiting() == 2; });  // the time limit and the log's batch
  EXPECT_THAT(messages_of(launched->run_id), IsEmpty());
  clock.advance(100ms);
  while (messages_of(launched->run_id).empty()) loop.poll();
  EXPECT_THAT(messages_of(launched->run_id), ElementsAre("working"));
}

TEST_F(CommandRunTest, ThatCannotStartIsAFailedRunWithAName) {
  deploy(CommandRunner{{"no-such-program"}, {}});
  const auto launched = launch(keyed("key"));
  ASSERT_FALSE(launched);
  EXPECT_EQ(launched.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(launched.error().code, "run_failed_to_start");
  EXPECT_EQ(launched.error().message, "cannot start no-such-program: No such file or directory");
  const auto run = row(RunId::parse(launched.error().run_id).value());
  EXPECT_EQ(run.status, RunStatus::failed);
  EXPECT_EQ(run.error_message, "cannot start no-such-program: No such file or directory");
  EXPECT_EQ(run.started_at, std::nullopt);
  ASSERT_THAT(deliveries(), SizeIs(1));
  EXPECT_THAT(deliveries().front().body, HasSubstr(R"("started_at":null)"));
  EXPECT_THAT(wake_up.woken, ElementsAre(outgoing));
  EXPECT_TRUE(log.has_line("run failed", run.id.text(), "cannot start no-such-program"));

  deploy(shell("true"));
  EXPECT_NE(launch_and_end(keyed("key")).id, run.id) << "the key of a run that never started is free again";
}

TEST_F(CommandRunTest, HasOnlyDescriptors0To2AndTheEventsPipe) {
  deploy(CommandRunner{{"ls", "/proc/self/fd"}, {}});
  EXPECT_EQ(launch_and_end().output, R"({"result":"0\n1\n2\n3\n4"})");  // 4 is the folder that ls reads
}

TEST_F(CommandRunTest, RunsSideBySide) {
  deploy(shell("cat"));
  std::vector<RunId> started;
  for (int i = 0; i < 30; ++i) started.push_back(launch(request("{\"n\":" + std::to_string(i) + "}"))->run_id);
  await_all_ends();
  for (std::size_t i = 0; i < started.size(); ++i) {
    EXPECT_EQ(row(started[i]).output, "{\"n\":" + std::to_string(i) + "}");
  }
  EXPECT_THAT(deliveries(), SizeIs(30));
}

TEST_F(CommandRunTest, SaysWhatItDoesOnItsEventsPipe) {
  deploy(shell("echo '{\"type\":\"step\",\"data\":{\"n\":1}}' >&$CREWSHIP_EVENTS_FD; echo line >&2"));
  const auto run = launch_and_end();
  const auto events = read([&](Tx& tx) { return list_run_events(tx, run.id, 0, 1'000'000).events; });
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].number, 2);
  EXPECT_EQ(events[1].number, 3);
  const auto& step = events[0].is_log() ? events[1] : events[0];
  EXPECT_EQ(step.type, "step");
  EXPECT_EQ(step.text, R"({"n":1})");
  EXPECT_THAT(messages_of(run.id), ElementsAre("line"));
}

TEST_F(CommandRunTest, EventsWrittenAtTheVeryEndAreKeptThoughAGrandchildHoldsThePipe) {
  // Most of a pipe's worth at once, so that it is still there when the end is seen; time stands still, so nobody waits.
  deploy(
      shell("sleep 1000 > /dev/null 2>&1 < /dev/null & "
            "i=0; while [ $i -lt 1000 ]; do echo '{\"type\":\"step\"}'; i=$((i+1)); done >&3"));
  const auto run = launch_and_end();
  EXPECT_EQ(run.status, RunStatus::succeeded);
  const auto events = read([&](Tx& tx) { return list_run_events(tx, run.id, 0, 1'000'000).events; });
  EXPECT_THAT(events, SizeIs(1000));
}

}  // namespace
}  // namespace crewship
