// Real processes, started and reaped as the executor does it.
#include <crewship/runs/spawner.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <boost/asio/detached.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../../../src/runs/process_table.hpp"
#include "support/run_loop.hpp"
#include "support/temp_dir.hpp"

namespace crewship {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

// Blocks until it can be read or has ended: fine in a test.
void wait_readable(const UniqueFd& fd) {
  pollfd ready{.fd = fd.get(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&ready, 1, 30'000), 1);
}

std::string read_to_end(const UniqueFd& pipe) {
  std::string text;
  char buffer[4096];
  for (;;) {
    wait_readable(pipe);
    const auto count = ::read(pipe.get(), buffer, sizeof buffer);
    if (count <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

// But for the main thread, which has the guard.
std::size_t threads_with_children() {
  std::size_t count = 0;
  for (const auto& thread : fs::directory_iterator("/proc/self/task")) {
    const auto id = std::stoi(thread.path().filename().string());
    if (id != ::getpid() && !children_of_thread(id).empty()) ++count;
  }
  return count;
}

Task<void> start_into(std::optional<Child>& child, Spawner& spawner, SpawnRequest request) {
  child = (co_await spawner.start(std::move(request))).value();
}

class SpawnerTest : public testing::Test {
 protected:
  Result<Child> start(SpawnRequest request) {
    if (request.environment.empty()) request.environment = {{"PATH", "/usr/bin:/bin"}};
    return loop_.run(spawner_.start(std::move(request)));
  }
  Result<Child> start_shell(std::string script, std::string input = {}) {
    return start({.command = {"sh", "-c", std::move(script)},
                  .working_dir = {},
                  .environment = {{"PATH", "/usr/bin:/bin"}, {"CREWSHIP_RUN_ID", "run_1"}},
                  .input = std::move(input)});
  }
  ExitStatus reap(const Child& child) {
    wait_readable(child.pidfd);
    return loop_.run(spawner_.reap(child.pid, "run_1"));
  }
  std::string output_of(std::string script) {
    auto child = start_shell(std::move(script));
    EXPECT_TRUE(child);
    auto text = read_to_end(child->stdout_pipe);
    reap(*child);
    return text;
  }
  std::string start_error(SpawnRequest request) {
    const auto child = start(std::move(request));
    if (child) return "started";
    EXPECT_EQ(child.error().kind, ErrorKind::unavailable);
    EXPECT_EQ(child.error().code, "run_failed_to_start");
    return child.error().message;
  }

  std::unique_ptr<ProcessGuard> guard_ = ProcessGuard::start(16).value();
  RunLoop loop_;
  Spawner spawner_{loop_.executor(), *guard_};
};

TEST_F(SpawnerTest, StartsAProgramAndReportsItsExitStatus) {
  const auto child = start_shell("cat; echo bad >&2; exit 3", "hello");
  ASSERT_TRUE(child);
  EXPECT_FALSE(child->stdin_pipe);
  EXPECT_EQ(child->input_written_bytes, 5u);
  EXPECT_EQ(read_to_end(child->stdout_pipe), "hello");
  EXPECT_EQ(read_to_end(child->stderr_pipe), "bad\n");
  const auto status = reap(*child);
  EXPECT_FALSE(status.signaled);
  EXPECT_EQ(status.value, 3);
}

TEST_F(SpawnerTest, ReportsTheSignal) {
  const auto child = start_shell("kill -TERM $$");
  ASSERT_TRUE(child);
  const auto status = reap(*child);
  EXPECT_TRUE(status.signaled);
  EXPECT_EQ(status.value, SIGTERM);
}

TEST_F(SpawnerTest, LeavesTheRestOfALargeInputToTheCaller) {
  const auto child = start_shell("sleep 1000", std::string(1 << 20, 'x'));
  ASSERT_TRUE(child);
  EXPECT_TRUE(child->stdin_pipe);
  EXPECT_GT(child->input_written_bytes, 0u);
  EXPECT_LT(child->input_written_bytes, 1u << 20);
  Spawner::signal_group(child->pid, SIGKILL);
  reap(*child);
}

TEST_F(SpawnerTest, NamesTheProgramAndTheReasonWhenItCannotStart) {
  EXPECT_EQ(start_error({.command = {"no-such-program"}}), "cannot start no-such-program: No such file or directory");
  EXPECT_EQ(start_error({.command = {"/etc/passwd"}}), "cannot start /etc/passwd: Permission denied");
  EXPECT_EQ(start_error({.command = {"sh"}, .working_dir = "/no/such/place"}),
            "cannot start sh: working directory /no/such/place: No such file or directory");
  TempDir dir;
  const auto script = (dir / "script").string();
  std::ofstream(script) << "#!/no/such/interpreter\n";
  fs::permissions(script, fs::perms::owner_all);
  EXPECT_EQ(start_error({.command = {script}}),
            "cannot start " + script + ": its interpreter: No such file or directory");
  const auto text = (dir / "text").string();
  std::ofstream(text) << "no program\n";
  fs::permissions(text, fs::perms::owner_all);
  EXPECT_EQ(start_error({.command = {text}}), "cannot start " + text + ": Exec format error");
}

TEST_F(SpawnerTest, LeavesNoZombieOfAFailedStart) {
  EXPECT_THAT(start_error({.command = {"/etc/passwd"}}), HasSubstr("Permission denied"));
  EXPECT_THAT(start_error({.command = {"sh", std::string(1 << 18, 'x')}}), HasSubstr("Argument list too long"));
  EXPECT_EQ(threads_with_children(), 0U);
  EXPECT_EQ(output_of("echo the next one starts"), "the next one starts\n");
}

TEST_F(SpawnerTest, RunsInTheWorkingDirectory) {
  TempDir dir;
  fs::create_directory(dir / "bin");
  std::ofstream(dir / "bin/where") << "#!/bin/sh\npwd\n";
  fs::permissions(dir / "bin/where", fs::perms::owner_all);
  const auto child = start({.command = {"bin/where"}, .working_dir = dir.path().string()});
  ASSERT_TRUE(child) << child.error().message;
  EXPECT_EQ(read_to_end(child->stdout_pipe), fs::canonical(dir.path()).string() + "\n");
  reap(*child);
}

TEST_F(SpawnerTest, PassesOnDescriptors0To2AndTheEventsPipe) {
  const UniqueFd inheritable(::open("/dev/null", O_RDONLY));  // NOLINT: without O_CLOEXEC, that is the point
  ASSERT_TRUE(inheritable);
  // 3 is the events pipe, 4 the folder that ls itself reads.
  EXPECT_EQ(output_of("exec ls -1 /proc/self/fd"), "0\n1\n2\n3\n4\n");
}

TEST_F(SpawnerTest, GivesTheEnvironmentItWasToldAndItsMarker) {
  const auto child = start({.command = {"env"}, .environment = {{"PATH", "/usr/bin:/bin"}, {"A", "1"}}});
  ASSERT_TRUE(child);
  EXPECT_EQ(read_to_end(child->stdout_pipe),
            "PATH=/usr/bin:/bin\nA=1\nCREWSHIP_INSTANCE=" + guard_->instance_marker() + "\n");
  reap(*child);
}

TEST_F(SpawnerTest, StartsInAGroupOfItsOwnWithDefaultSignalsAndNoNewPrivileges) {
  const auto status = output_of("exec cat /proc/self/status");
  EXPECT_THAT(status, HasSubstr("SigBlk:\t0000000000000000"));
  EXPECT_THAT(status, HasSubstr("SigIgn:\t0000000000000000"));  // the daemon ignores SIGPIPE
  EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_EQ(output_of("ulimit -c"), "0\n");
  const auto child = start_shell("exec sleep 1000");
  ASSERT_TRUE(child);
  EXPECT_EQ(process_state(child->pid)->group, child->pid);
  Spawner::signal_group(child->pid, SIGKILL);
  EXPECT_EQ(reap(*child).value, SIGKILL);
}

// What is left of a run when its leader ends: the rest of its group, and what has left the group and its parents.
TEST_F(SpawnerTest, ReapEndsTheGroupAndWhatEscapedFromIt) {
  const auto child = start_shell(
      "sleep 1000 >/dev/null 2>&1 & echo $!; "
      "setsid sh -c 'sleep 1000 & echo $!; echo $$; exec sleep 1000 >/dev/null 2>&1' 2>/dev/null & "
      "exit 0");
  ASSERT_TRUE(child);
  std::string pids;
  // Three pids, one a line; the pipe stays open as long as the innermost sleep lives.
  while (std::ranges::count(pids, '\n') < 3) {
    wait_readable(child->stdout_pipe);
    char buffer[256];
    const auto count = ::read(child->stdout_pipe.get(), buffer, sizeof buffer);
    ASSERT_GT(count, 0);
    pids.append(buffer, static_cast<std::size_t>(count));
  }
  reap(*child);
  std::istringstream lines(pids);
  for (pid_t pid = 0; lines >> pid;) EXPECT_FALSE(process_state(pid)) << pid;
}

// Waits until each of `count` processes has printed its id.
std::vector<pid_t> read_pids(const Child& child, std::ptrdiff_t count) {
  std::string text;
  while (std::ranges::count(text, '\n') < count) {
    wait_readable(child.stdout_pipe);
    char buffer[256];
    const auto bytes = ::read(child.stdout_pipe.get(), buffer, sizeof buffer);
    if (bytes <= 0) break;
    text.append(buffer, static_cast<std::size_t>(bytes));
  }
  std::vector<pid_t> pids;
  std::istringstream lines(text);
  for (pid_t pid = 0; lines >> pid;) pids.push_back(pid);
  return pids;
}

TEST_F(SpawnerTest, ReapEndsWhatEscapedWithAnEmptyEnvironment) {
  const auto other = start_shell("exec sleep 1000");
  const auto child = start_shell("setsid -f env -i sh -c 'echo $$; exec sleep 1000'; exit 0");
  ASSERT_TRUE(other && child);
  const auto pids = read_pids(*child, 1);
  reap(*child);
  ASSERT_EQ(pids.size(), 1u);
  EXPECT_FALSE(process_state(pids[0]));
  EXPECT_TRUE(process_state(other->pid)) << "though it has the same CREWSHIP_RUN_ID, it is another child";
  Spawner::signal_group(other->pid, SIGKILL);
  reap(*other);
}

// Only a program that means harm does this; it is found once no other run can be meant.
TEST_F(SpawnerTest, ReapOfTheLastEndsWhatChangedItsTag) {
  const auto child = start_shell(
      "setsid -f env -i python3 -c 'import os, resource, time; resource.setrlimit(10, (1, 1)); print(os.getpid(), "
      "flush=True); time.sleep(1000)'; exit 0");
  ASSERT_TRUE(child);
  const auto pids = read_pids(*child, 1);
  reap(*child);
  ASSERT_EQ(pids.size(), 1u);
  EXPECT_FALSE(process_state(pids[0]));
}

TEST_F(SpawnerTest, ReapLeavesOtherRunsAlone) {
  const auto other = start({.command = {"setsid", "-f", "sleep", "1000"},
                            .environment = {{"PATH", "/usr/bin:/bin"}, {"CREWSHIP_RUN_ID", "run_2"}}});
  ASSERT_TRUE(other);
  wait_readable(other->pidfd);
  const auto child = start_shell("exit 0");
  ASSERT_TRUE(child);
  reap(*child);
  pid_t orphan = 0;
  for (const auto pid : children_of_thread(::getpid())) {
    if (has_environment_entry(pid, "CREWSHIP_RUN_ID=run_2")) orphan = pid;
  }
  ASSERT_NE(orphan, 0);
  EXPECT_NE(process_state(orphan)->state, 'Z');
  loop_.run(spawner_.reap(other->pid, "run_2"));
  EXPECT_FALSE(process_state(orphan));
}

// A program that runs for long and whose helpers lose their parent must not fill the process table.
TEST_F(SpawnerTest, CollectsStraysWhileTheirRunGoesOn) {
  const auto child = start_shell("setsid -f sh -c 'echo $$' ; exec sleep 1000");
  ASSERT_TRUE(child);
  std::string text;
  while (!text.ends_with('\n')) {
    wait_readable(child->stdout_pipe);
    char buffer[64];
    const auto count = ::read(child->stdout_pipe.get(), buffer, sizeof buffer);
    ASSERT_GT(count, 0);
    text.append(buffer, static_cast<std::size_t>(count));
  }
  const auto stray = std::stoi(text);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (process_state(stray) && std::chrono::steady_clock::now() < deadline) ::poll(nullptr, 0, 10);
  EXPECT_FALSE(process_state(stray));
  Spawner::signal_group(child->pid, SIGKILL);
  reap(*child);
}

TEST_F(SpawnerTest, StartsManyAtOnce) {
  std::vector<Child> children;
  for (int i = 0; i < 50; ++i) children.push_back(start_shell("exit 7").value());
  for (const auto& child : children) EXPECT_EQ(reap(child).value, 7);
}

TEST_F(SpawnerTest, TwoThreadsStartWhatFormsALine) {
  std::vector<std::optional<Child>> children(100);
  for (std::size_t i = 0; i < children.size(); ++i) {
    SpawnRequest request{.command = {"/bin/cat"}, .input = std::to_string(i)};
    asio::co_spawn(loop_.context(), start_into(children[i], spawner_, std::move(request)), asio::detached);
  }
  loop_.until([&] { return std::ranges::all_of(children, [](const auto& child) { return child.has_value(); }); });
  EXPECT_EQ(threads_with_children(), 2U);
  for (std::size_t i = 0; i < children.size(); ++i) {
    EXPECT_EQ(read_to_end(children[i]->stdout_pipe), std::to_string(i));
    EXPECT_EQ(reap(*children[i]).value, 0);
  }
}

}  // namespace
}  // namespace crewship
