// Programs that mean harm, or behave as if they did, under the daemon as it is built. Whatever they do, the daemon
// serves others, their run ends in the right words, and nothing of them is left.
#include <csignal>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon.hpp"
#include "receiver.hpp"

namespace crewship::testing_support {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Json python(std::string_view script) { return {{"type", "command"}, {"command", {"/usr/bin/python3", "-c", script}}}; }

class Children : public DaemonTest {
 protected:
  void start(Json executor = Json::object()) {
    DaemonTest::start({.config = {{"executor", std::move(executor)}}});
    crew_ = daemon_->make_crew(builtin_echo());
  }
  Json run(const Json& runner, const Json& limits = Json::object(), std::string_view input = "{}") {
    daemon_->go_live(crew_, runner, {{"limits", limits}});
    return daemon_->get("/v1/runs/" + daemon_->run_once(crew_, input)).json();
  }
  std::vector<pid_t> pids_in(const std::filesystem::path& file, std::size_t count) {
    std::vector<pid_t> pids;
    EXPECT_TRUE(daemon_->eventually([&] {
      pids.clear();
      std::istringstream lines(read_file(file));
      for (pid_t pid = 0; lines >> pid;) pids.push_back(pid);
      return pids.size() >= count;
    })) << file;
    return pids;
  }
  bool die(const std::vector<pid_t>& pids) {
    return daemon_->eventually([&] { return std::ranges::none_of(pids, process_lives); });
  }

  // Ignores SIGTERM and its input, floods both pipes, and leaves two processes in sessions of their own without any
  // environment and without a parent, which hold the pipes open. Each writes its id to `file`.
  std::string villain(const std::string& file) {
    return "trap '' TERM HUP INT; echo $$ >> " + file +
           "; for i in 1 2; do setsid -f env -i sh -c 'trap \"\" TERM; echo $$ >> " + file +
           "; while :; do sleep 1000; done'; done; yes flood | head -c 300M; yes flood | head -c 100M >&2; "
           "while :; do sleep 1000; done";
  }

  Crew crew_;
};

TEST_F(Children, TheWorstOfThemEndsWithAllItStarted) {
  start({{"log_bytes", 100000}});
  const std::string file = daemon_->folder() / "pids";
  daemon_->go_live(crew_, shell(villain(file)));
  const std::string run_id = daemon_->trigger(crew_, R"({"a":")" + std::string(500000, 'x') + R"("})").json()["run_id"];
  const auto pids = pids_in(file, 3);
  EXPECT_EQ(curl({.url = daemon_->url() + "/healthz"}).status, 200);
  EXPECT_EQ(daemon_->wait_for_run(run_id)["error_message"], "output exceeds 1048576 bytes");
  EXPECT_TRUE(die(pids));
}

TEST_F(Children, TheWorstOfThemDiesWithAKilledDaemon) {
  start({{"output_bytes", 64 << 20}});
  const std::string file = daemon_->folder() / "pids";
  daemon_->go_live(crew_, shell(villain(file)));
  daemon_->trigger(crew_);
  const auto pids = pids_in(file, 3);
  daemon_->restart_after_kill();
  EXPECT_TRUE(die(pids));
}

TEST_F(Children, MayDieBeforeTheyReadAndNeverRead) {
  start();
  const std::string large = R"({"a":")" + std::string(1000000, 'x') + R"("})";
  EXPECT_EQ(run(shell("kill -9 $$"), {}, large)["error_message"], "killed by signal 9 (SIGKILL)");
  EXPECT_EQ(run(shell("exec 0<&-; echo closed"), {}, large)["output"]["result"], "closed");
  EXPECT_EQ(run(shell("echo not read"), {}, large)["output"]["result"], "not read");
}

TEST_F(Children, LimitsEndThemInWords) {
  start();
  Receiver receiver;
  daemon_->subscribe(crew_, receiver.url());
  EXPECT_EQ(run(shell("while :; do sleep 1000 & done"), {{"processes", 25}})["error_message"],
            "exceeded its limit of 25 processes");
  EXPECT_EQ(run(python("import os, time\n"
                       "for i in range(4):\n"
                       "  if os.fork() == 0: x = bytearray(b'x' * (40 << 20)); time.sleep(1000)\n"
                       "time.sleep(1000)"),
                {{"memory_bytes", 100 << 20}})["error_message"],
            "exceeded its memory limit of 104857600 bytes");
  EXPECT_EQ(run(python("x = bytearray(1 << 30)"), {{"memory_bytes", 100 << 20}})["error_message"],
            "exited with status 1: MemoryError");
  EXPECT_EQ(run(python("while True: pass"), {{"cpu_seconds", 1}})["error_message"],
            "exceeded its limit of 1 s of CPU time");
  EXPECT_THAT(run(python("x = [open('/dev/null') for i in range(30)]"), {{"open_files", 20}})["error_message"],
              HasSubstr("Too many open files"));
  const auto received = receiver.wait_for(5);
  ASSERT_EQ(received.size(), 5u);
  EXPECT_THAT(received[0].body, HasSubstr("exceeded its limit of 25 processes"));
}

class ChildrenOfAnotherUser : public Children {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can start programs as another user";
  }
  void TearDown() override {
    if (daemon_) Children::TearDown();
  }
};

TEST_F(ChildrenOfAnotherUser, AreOfThatUserAndCannotReadTheData) {
  start({{"user", "nobody"}});
  EXPECT_EQ(run(shell("id -un; id -gn; echo $HOME"))["output"]["result"], "nobody\nnogroup\n/nonexistent");
  EXPECT_THAT(run(shell("cat " + (daemon_->data_dir() / "master.key").string()))["error_message"],
              HasSubstr("Permission denied"));
}

// Each process of it flees into a session of its own; there is no parent to find them by, no group, no environment.
TEST_F(ChildrenOfAnotherUser, AFleeingForkBombEndsWhileOthersAreServed) {
  start({{"user", "nobody"}, {"user_processes", 300}});
  daemon_->go_live(crew_,
                   python("import os, signal\n"
                          "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                          "while True:\n"
                          "  try:\n"
                          "    if os.fork() == 0: os.setsid()\n"
                          "  except OSError: pass\n"),
                   {{"limits", {{"processes", 20}}}});
  const std::string run_id = daemon_->trigger(crew_).json()["run_id"];
  EXPECT_EQ(curl({.url = daemon_->url() + "/healthz"}).status, 200);
  EXPECT_EQ(daemon_->wait_for_run(run_id)["error_message"], "exceeded its limit of 20 processes");
  EXPECT_TRUE(processes_of_run(run_id).empty());
}

TEST_F(ChildrenOfAnotherUser, WhoDoesNotExistStopTheStart) {
  daemon_ = std::make_unique<Daemon>(DaemonOptions{.config = {{"executor", {{"user", "no-such-user"}}}}});
  daemon_->launch();
  EXPECT_EQ(daemon_->program().wait(), 1);
  EXPECT_THAT(daemon_->log().text(), HasSubstr("executor.user names no-such-user, and there is no such user."));
  daemon_.reset();
}

}  // namespace
}  // namespace crewship::testing_support
