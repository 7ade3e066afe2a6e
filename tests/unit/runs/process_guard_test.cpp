// A daemon that is killed takes everything it started with it. The "daemon" is a fork of the test.
#include <csignal>
#include <sstream>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <crewship/runs/spawner.hpp>

#include "../../../src/runs/process_table.hpp"
#include "support/run_loop.hpp"

namespace crewship {
namespace {

// Starts the script and says on `report` which processes there are; then waits to be killed.
[[noreturn]] void be_the_daemon(int report, const std::string& script) {
  const auto guard = ProcessGuard::start(4).value();
  RunLoop loop;
  Spawner spawner(loop.executor(), *guard);
  auto child = loop.run(spawner.start({.command = {"sh", "-c", script},
                                       .working_dir = {},
                                       .environment = {{"PATH", "/usr/bin:/bin"}, {"CREWSHIP_RUN_ID", "run_1"}},
                                       .input = {}}));
  if (!child) ::_exit(1);
  for (;;) {
    pollfd ready{.fd = child->stdout_pipe.get(), .events = POLLIN, .revents = 0};
    ::poll(&ready, 1, -1);
    char buffer[256];
    const auto count = ::read(child->stdout_pipe.get(), buffer, sizeof buffer);
    if (count > 0 && ::write(report, buffer, static_cast<std::size_t>(count)) != count) ::_exit(1);
    if (count <= 0) ::pause();
  }
}

class ProcessGuardTest : public testing::Test {
 protected:
  // Returns the processes of the script, which prints `count` ids.
  std::vector<UniqueFd> start_daemon(const std::string& script, std::size_t count) {
    int ends[2] = {};
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    daemon_ = ::fork();
    if (daemon_ == 0) be_the_daemon(write_end.get(), script);
    write_end.reset();
    std::string text;
    while (static_cast<std::size_t>(std::ranges::count(text, '\n')) < count) {
      char buffer[256];
      const auto bytes = ::read(read_end.get(), buffer, sizeof buffer);
      if (bytes <= 0) break;
      text.append(buffer, static_cast<std::size_t>(bytes));
    }
    std::vector<UniqueFd> processes;
    std::istringstream lines(text);
    for (pid_t pid = 0; lines >> pid;) processes.push_back(open_pidfd(pid));
    return processes;
  }
  void kill_daemon() {
    ::kill(daemon_, SIGKILL);
    ASSERT_EQ(::waitpid(daemon_, nullptr, 0), daemon_);
  }
  static bool is_dead(const UniqueFd& process, int patience_ms) {
    pollfd dead{.fd = process.get(), .events = POLLIN, .revents = 0};
    return ::poll(&dead, 1, patience_ms) == 1;
  }

  pid_t daemon_ = 0;
};

TEST_F(ProcessGuardTest, NothingOutlivesAKilledDaemon) {
  const auto processes = start_daemon(
      "echo $$; sleep 1000 & echo $!; setsid sh -c 'echo $$; sleep 1000 & echo $!; exec sleep 1000' & exec sleep 1000",
      4);
  ASSERT_EQ(processes.size(), 4u);
  for (const auto& process : processes) {
    ASSERT_TRUE(process);
    EXPECT_FALSE(is_dead(process, 0));
  }
  kill_daemon();
  for (const auto& process : processes) EXPECT_TRUE(is_dead(process, 30'000));
}

TEST_F(ProcessGuardTest, AnEmptiedEnvironmentIsNoHidingPlace) {
  const auto processes = start_daemon("setsid -f env -i sh -c 'echo $$; exec sleep 1000'; exec sleep 1000", 1);
  ASSERT_EQ(processes.size(), 1u);
  ASSERT_TRUE(processes[0]);
  kill_daemon();
  EXPECT_TRUE(is_dead(processes[0], 30'000));
}

TEST_F(ProcessGuardTest, WhatTheTerminalSendsDoesNotReachTheChildren) {
  const auto processes = start_daemon("trap 'exit 1' INT; echo $$; exec sleep 1000", 1);
  ASSERT_EQ(processes.size(), 1u);
  ::kill(daemon_, SIGINT);
  ASSERT_EQ(::waitpid(daemon_, nullptr, 0), daemon_);
  // Its end, however it comes, is the child's end.
  EXPECT_TRUE(is_dead(processes[0], 30'000));
}

TEST_F(ProcessGuardTest, EndsWithItsOwner) {
  const auto before = children_of_thread(::getpid());
  {
    const auto guard = ProcessGuard::start(4).value();
  }
  EXPECT_EQ(children_of_thread(::getpid()), before);
}

TEST_F(ProcessGuardTest, HasAMarkerOfItsOwn) {
  const auto first = ProcessGuard::start(1).value();
  const auto second = ProcessGuard::start(1).value();
  EXPECT_EQ(first->instance_marker().size(), 32u);
  EXPECT_NE(first->instance_marker(), second->instance_marker());
  EXPECT_NE(first->instance_tag(), second->instance_tag());
}

TEST(ProcessTableTest, FindsWholeEntriesOfAnEnvironment) {
  int ends[2] = {};
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    std::string first = "A=1";
    std::string second = "LONG=" + std::string(100'000, 'x');
    std::string third = "B=22";
    char* const arguments[] = {const_cast<char*>("cat"), nullptr};
    char* const environment[] = {first.data(), second.data(), third.data(), nullptr};
    ::dup2(ends[0], 0);
    ::close(ends[1]);
    ::execve("/bin/cat", arguments, environment);
    ::_exit(1);
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!has_environment_entry(pid, "A=1") && std::chrono::steady_clock::now() < deadline) ::poll(nullptr, 0, 1);
  EXPECT_TRUE(has_environment_entry(pid, "A=1"));
  EXPECT_TRUE(has_environment_entry(pid, "B=22"));
  EXPECT_FALSE(has_environment_entry(pid, "B=2"));
  EXPECT_FALSE(has_environment_entry(pid, "=1"));
  EXPECT_FALSE(has_environment_entry(pid, "LONG=x"));
  EXPECT_FALSE(has_environment_entry(pid, "B=222"));
  ::close(ends[1]);
  ::waitpid(pid, nullptr, 0);
  ::close(ends[0]);
}

}  // namespace
}  // namespace crewship
