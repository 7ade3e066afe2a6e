// How runs are made to end: time limit, cancel, drain, and what they leave behind.
#include <csignal>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runs_fixture.hpp"

namespace crewship {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class StoppingTest : public RunsTest {
 protected:
  // Ends with status 0 when asked to.
  CommandRunner obedient() {
    return python(
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})\n"
        "open('" +
        mark("ready") +
        "', 'w').write('ready\\n')\n"
        "signal.sigwait({signal.SIGTERM})\n"
        "open('" +
        mark("heard") + "', 'w').write('term\\n')\n");
  }
  CommandRunner stubborn() {
    return shell("trap '' TERM; echo ready > " + mark("ready") + "; while :; do sleep 1000; done");
  }
  RunId start(RunnerSpec runner, std::optional<std::chrono::seconds> time_limit = {}) {
    deploy(std::move(runner), {}, time_limit);
    const auto launched = launch();
    EXPECT_TRUE(launched);
    await_mark("ready");
    return launched->run_id;
  }
  // Cancels in the background.
  std::optional<Result<crewship::Run>>& cancel(const RunId& id) {
    asio::co_spawn(loop.context(), keep(*runs, id, canceled_), rethrow);
    loop.poll();
    return canceled_;
  }
  bool lives(pid_t pid) {
    const auto state = process_state(pid);
    return state && state->state != 'Z';
  }

  static Task<void> keep(RunExecutor& executor, RunId id, std::optional<Result<crewship::Run>>& into) {
    into = co_await executor.cancel(id);
  }
  static Task<void> drain(RunExecutor& executor, bool& done) {
    co_await executor.drain();
    done = true;
  }
  static void rethrow(const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  }
  std::optional<Result<crewship::Run>> canceled_;
  bool drained_ = false;
};

TEST_F(StoppingTest, TimeLimitAsksFirst) {
  const auto id = start(obedient());
  clock.advance(1h - 1ms);
  loop.poll();
  EXPECT_EQ(row(id).status, RunStatus::running);
  clock.advance(1ms);
  await_all_ends();
  EXPECT_EQ(await_mark("heard"), "term");
  EXPECT_EQ(row(id).error_message, "exceeded its time limit of 3600 s");
  ASSERT_THAT(deliveries(), SizeIs(1));
  EXPECT_EQ(deliveries().front().event, EventType::run_failed);
}

TEST_F(StoppingTest, TimeLimitKillsWhatDoesNotListen) {
  const auto id = start(stubborn(), 2s);
  clock.advance(2s);
  loop.poll();
  EXPECT_EQ(row(id).status, RunStatus::running);
  clock.advance(options.kill_grace);
  await_all_ends();
  EXPECT_EQ(row(id).error_message, "exceeded its time limit of 2 s");
}

TEST_F(StoppingTest, CancelEndsTheRunAndSendsNothing) {
  const auto id = start(obedient());
  auto& canceled = cancel(id);
  loop.until([&] { return canceled.has_value(); });
  ASSERT_TRUE(*canceled);
  EXPECT_EQ((*canceled)->status, RunStatus::canceled) << "although it exited with status 0";
  EXPECT_EQ((*canceled)->error_message, std::nullopt);
  EXPECT_EQ(await_mark("heard"), "term");
  EXPECT_THAT(deliveries(), IsEmpty());
  EXPECT_TRUE(log.has_line("run canceled", id.text()));
}

TEST_F(StoppingTest, CancelKillsWhatDoesNotListenAndWaitsForIt) {
  const auto id = start(stubborn());
  auto& canceled = cancel(id);
  EXPECT_FALSE(canceled);
  clock.advance(options.kill_grace);
  loop.until([&] { return canceled.has_value(); });
  EXPECT_EQ((*canceled)->status, RunStatus::canceled);
}

TEST_F(StoppingTest, CancelOfAFinishedRunChangesNothing) {
  deploy(shell("true"));
  const auto run = launch_and_end();
  const auto canceled = loop.run(runs->cancel(run.id));
  ASSERT_TRUE(canceled);
  EXPECT_EQ(canceled->status, RunStatus::succeeded);
  EXPECT_EQ(loop.run(runs->cancel(ids.make<RunId>())).error().code, "not_found");
}

TEST_F(StoppingTest, AGrandchildThatHoldsAPipeIsAskedToEndAtOnce) {
  deploy(shell("sleep 1000 & echo $! > " + mark("ready") + "; echo out"));
  const auto run = launch_and_end();  // without time passing
  EXPECT_EQ(run.status, RunStatus::succeeded);
  EXPECT_EQ(run.output, R"({"result":"out"})");
  EXPECT_FALSE(lives(std::stoi(await_mark("ready"))));
}

TEST_F(StoppingTest, AGrandchildThatHoldsAPipeAndDoesNotListenDelaysNoLongerThanTheGrace) {
  deploy(shell("sh -c 'trap \"\" TERM; echo $$ > " + mark("ready") + "; while :; do sleep 1000; done' & while [ ! -s " +
               mark("ready") + " ]; do :; done; echo out; exit 0"));
  const auto launched = launch();
  const auto grandchild = std::stoi(await_mark("ready"));
  loop.until([&] { return clock.until_next() == options.kill_grace; });
  EXPECT_TRUE(lives(grandchild));
  clock.advance(options.kill_grace);
  await_all_ends();
  EXPECT_EQ(row(launched->run_id).output, R"({"result":"out"})");
  EXPECT_FALSE(lives(grandchild));
}

TEST_F(StoppingTest, WhatLeftTheGroupIsEndedToo) {
  const auto script = "setsid sh -c 'echo $$ > " + mark("escaped") +
                      "; exec sleep 1000' >/dev/null 2>&1 & while [ ! -s " + mark("escaped") + " ]; do :; done; ";
  deploy(shell(script));
  EXPECT_EQ(launch_and_end().status, RunStatus::succeeded);
  EXPECT_FALSE(lives(std::stoi(await_mark("escaped"))));
  std::filesystem::remove(mark("escaped"));

  const auto id = start(shell(script + "echo ready > " + mark("ready") + "; sleep 1000"));
  const auto escaped = std::stoi(await_mark("escaped"));
  EXPECT_TRUE(lives(escaped));
  auto& canceled = cancel(id);
  loop.until([&] { return canceled.has_value(); });
  EXPECT_EQ((*canceled)->status, RunStatus::canceled);
  EXPECT_FALSE(lives(escaped));
}

TEST_F(StoppingTest, DrainLetsRunsFinish) {
  const auto id = start(shell("echo ready > " + mark("ready") + "; while [ ! -e " + mark("go") + " ]; do :; done"));
  asio::co_spawn(loop.context(), drain(*runs, drained_), rethrow);
  loop.poll();
  EXPECT_FALSE(drained_);
  const auto late = launch();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, "shutting_down");
  EXPECT_TRUE(late.error().retry_after);
  std::ofstream(mark("go")) << "\n";
  loop.until([&] { return drained_; });
  EXPECT_EQ(row(id).status, RunStatus::succeeded);
}

TEST_F(StoppingTest, DrainInterruptsWhatTakesTooLong) {
  const auto id = start(obedient());
  asio::co_spawn(loop.context(), drain(*runs, drained_), rethrow);
  loop.poll();
  clock.advance(options.drain_timeout);
  loop.until([&] { return drained_; });
  EXPECT_EQ(await_mark("heard"), "term");
  EXPECT_EQ(row(id).status, RunStatus::failed);
  EXPECT_EQ(row(id).error_message, "interrupted by a server restart");
  EXPECT_THAT(deliveries(), SizeIs(1));
}

TEST_F(StoppingTest, HurryDoesNotWait) {
  const auto id = start(stubborn());
  asio::co_spawn(loop.context(), drain(*runs, drained_), rethrow);
  loop.poll();
  EXPECT_FALSE(drained_);
  runs->hurry();
  loop.until([&] { return drained_; });
  EXPECT_EQ(row(id).error_message, "interrupted by a server restart");
}

TEST_F(StoppingTest, DrainSendsTheLineAway) {
  options.max_concurrent_runs = 1;
  remake_executor();
  start(obedient());
  auto& waiting = call(request());
  loop.until([&] { return runs->waiting() == 1; });
  asio::co_spawn(loop.context(), drain(*runs, drained_), rethrow);
  await(waiting);
  EXPECT_EQ(waiting->error().code, "shutting_down");
  EXPECT_THAT(all_runs(), SizeIs(1));
}

}  // namespace
}  // namespace crewship
