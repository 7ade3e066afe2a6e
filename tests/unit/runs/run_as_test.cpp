// Programs as another user. What only root can do is skipped for others.
#include <crewship/runs/run_as.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../../../src/runs/process_table.hpp"
#include "runs_fixture.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;

TEST(FindRunAs, RefusesAnUnknownUserByName) {
  for (const char* user : {"no-such-user", "4000000000", ""}) {
    const auto found = find_run_as(user);
    ASSERT_FALSE(found) << user;
    EXPECT_THAT(found.error().message, HasSubstr("executor.user names " + std::string(user)));
    EXPECT_THAT(found.error().message, HasSubstr("there is no such user"));
  }
}

TEST(FindRunAs, RefusesRoot) {
  EXPECT_THAT(find_run_as("root").error().message, HasSubstr("must not be root"));
  EXPECT_THAT(find_run_as("0").error().message, HasSubstr("must not be root"));
}

TEST(FindRunAs, NeedsRoot) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    const auto found = find_run_as("nobody");
    ::_exit(!found && found.error().message.contains("only root can start programs as another user") ? 0 : 1);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
}

class RunAsTest : public RunsTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can start programs as another user";
    RunsTest::SetUp();
    nobody_ = find_run_as("nobody").value();
    nobody_.groups = {nobody_.group, 4242};
    nobody_.processes = 50;
    remake_as(nobody_);
  }
  void TearDown() override {
    if (::geteuid() == 0) RunsTest::TearDown();
  }
  void remake_as(const RunAs& user) {
    drain_in_a_hurry();
    runs.reset();
    spawner.reset();
    options.home = user.home;
    run_as = user;
    make_executor();
  }
  static CommandRunner python(std::string script) { return {{"/usr/bin/python3", "-c", std::move(script)}, {}}; }
  std::string output_of(RunnerSpec runner) {
    deploy(std::move(runner));
    const auto run = launch_and_end();
    return run.output.value_or(run.error_message.value_or(""));
  }

  RunAs nobody_;
};

TEST_F(RunAsTest, ChangesUserGroupAndAllGroups) {
  EXPECT_EQ(output_of(python("import os; print(os.getresuid(), os.getresgid(), sorted(os.getgroups()))")),
            R"({"result":"(65534, 65534, 65534) (65534, 65534, 65534) [4242, 65534]"})");
}

TEST_F(RunAsTest, LeavesTheDaemonItselfAlone) {
  output_of(shell("true"));
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream status(thread.path() / "status");
    const std::string text{std::istreambuf_iterator<char>(status), {}};
    EXPECT_THAT(text, HasSubstr("\nUid:\t0\t0\t0\t0\n"));
  }
}

TEST_F(RunAsTest, MayOpenItsOwnStreamsByName) {
  EXPECT_EQ(output_of(shell("cat /dev/stdin > /dev/null; echo said > /dev/stdout; echo logged > /dev/stderr")),
            R"({"result":"said"})");
}

TEST_F(RunAsTest, SeesNothingThatIsRootsAlone) {
  std::ofstream(mark("secret")) << "secret\n";
  std::filesystem::permissions(mark("secret"), std::filesystem::perms::owner_read);
  EXPECT_THAT(output_of(shell("cat " + mark("secret"))), HasSubstr("Permission denied"));
}

TEST_F(RunAsTest, FindsTheProgramThatTheUserMayRun) {
  for (const char* folder : {"private", "public"}) {
    std::filesystem::create_directory(mark(folder));
    std::ofstream(mark(folder) + "/tool") << "#!/bin/sh\necho " << folder << "\n";
    std::filesystem::permissions(mark(folder) + "/tool", std::filesystem::perms(0755));
  }
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(mark("private"), std::filesystem::perms::owner_all);
  deploy(CommandRunner{{"tool"}, {}}, {{"PATH", mark("private") + ":" + mark("public") + ":/usr/bin:/bin"}});
  EXPECT_EQ(launch_and_end().output, R"({"result":"public"})");
}

TEST_F(RunAsTest, DiesWithTheDaemonAndGainsNoPrivileges) {
  EXPECT_EQ(output_of(python("import ctypes\n"
                             "signal = ctypes.c_int()\n"
                             "ctypes.CDLL(None).prctl(2, ctypes.byref(signal))\n"               // PR_GET_PDEATHSIG
                             "print(signal.value, ctypes.CDLL(None).prctl(39, 0, 0, 0, 0))")),  // PR_GET_NO_NEW_PRIVS
            R"({"result":"9 1"})");
}

TEST_F(RunAsTest, HasTheUsersHomeAndNumberOfProcesses) {
  EXPECT_EQ(output_of(shell("echo $HOME; grep 'Max processes' /proc/self/limits | awk '{print $3, $4}'")),
            R"({"result":")" + nobody_.home + R"(\n50 50"})");
}

TEST_F(RunAsTest, SaysWhyItCannotChangeIntoAFolder) {
  CommandRunner runner = shell("true");
  std::filesystem::create_directory(mark("private"));
  std::filesystem::permissions(mark("private"), std::filesystem::perms::owner_all);
  runner.working_dir = mark("private");
  deploy(runner);
  const auto launched = launch();
  ASSERT_FALSE(launched);
  EXPECT_EQ(launched.error().message, "cannot start sh: working directory " + mark("private") + ": Permission denied");
}

// Nobody but the kernel is quick enough for a bomb whose processes each flee: it ends at the user's number of them.
TEST_F(RunAsTest, AForkBombOfFleeingProcessesEndsAtTheUsersLimitAndLeavesNobody) {
  deploy(python("import os, signal\n"
                "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                "open('/dev/stdout', 'w').write('started\\n')\n"
                "while True:\n"
                "  try:\n"
                "    if os.fork() == 0: os.setsid()\n"
                "  except OSError: pass\n"),
         {}, {}, {.processes = 20});
  const auto launched = launch();
  ASSERT_TRUE(launched);
  const auto deadline = std::chrono::steady_clock::now() + RunLoop::patience;
  while (runs->running() > 0 && std::chrono::steady_clock::now() < deadline) {
    loop.poll();
    if (clock.waiting() > 1) clock.advance(100ms);
    ::poll(nullptr, 0, 5);
  }
  EXPECT_EQ(row(launched->run_id).error_message, "exceeded its limit of 20 processes");
  EXPECT_THAT(children_of_thread(::getpid()), testing::SizeIs(1)) << "the guard alone";
}

}  // namespace
}  // namespace crewship
