#include "reaper.hpp"

#include <cerrno>
#include <csignal>
#include <vector>

#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <crewship/base/fault_point.hpp>
#include <crewship/base/log.hpp>

#include "hunt.hpp"
#include "instance_marker.hpp"
#include "process_table.hpp"

namespace crewship {
namespace {

bool collect_if_dead(pid_t pid) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG) == 0 && info.si_pid == pid;
}

// A process that hangs in the kernel can outlast any patience; it dies when the kernel lets it go.
void wait_for_death(pid_t pid, int patience_ms) {
  const auto pidfd = open_pidfd(pid);
  if (!pidfd) return;
  pollfd dead{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
  while (::poll(&dead, 1, patience_ms) < 0 && errno == EINTR) {
  }
}

// A dead process of ours or of an embedding program's? Its environment is gone, but what belongs to the program itself
// shares its group, and what a run left behind does not.
bool is_stray_corpse(const ProcessState& state) { return state.state == 'Z' && state.group != ::getpgrp(); }

constexpr int patience_ms = 100;

std::chrono::microseconds microseconds_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

ExitStatus collect(pid_t leader) {
  siginfo_t info{};
  rusage usage{};
  // The C library's waitid leaves out the last argument.
  while (::syscall(SYS_waitid, P_PID, leader, &info, WEXITED, &usage) != 0) {
    if (errno == EINTR) continue;
    // Only a program that embeds us and waits for any child can do this.
    log_error("a run's process was reaped by another part of the program", {{"pid", leader}});
    return {.signaled = true, .value = SIGKILL};
  }
  return {.signaled = info.si_code != CLD_EXITED,
          .value = info.si_status,
          .cpu_time = microseconds_of(usage.ru_utime) + microseconds_of(usage.ru_stime)};
}

}  // namespace

Reaper::Reaper(Leaders& leaders, const ProcessGuard& guard)
    : leaders_(leaders),
      guard_(guard),
      untagged_(tag_of_process(::getpid()).value_or(RLIM_INFINITY)),
      main_threads_children_(::getpid()) {}

// Processes that were re-parented to us: the kernel gives them to the main thread, while the leaders of runs are
// children of the spawner's threads.
std::vector<pid_t> Reaper::adopted_processes() const {
  auto processes = main_threads_children_.list();
  std::erase(processes, guard_.pid());
  return processes;
}

bool Reaper::belongs_to_run(pid_t pid, ProcessTag tag, const std::string& entry) const {
  const auto own = tag_of_process(pid).value_or(untagged_);
  if (own == tag || has_environment_entry(pid, entry)) return true;
  // A program can lower its tag, but not lose it. Whose it was can be told once there is but one run.
  return leaders_.only_one() && own != untagged_ && instance_of(own) != guard_.instance_tag();
}

// What was adopted of this run and all below it. The leader is dead, so nothing of it has another parent.
std::vector<pid_t> Reaper::living(pid_t leader, ProcessTag tag, const std::string& entry) const {
  std::vector<pid_t> found;
  const auto add = [&found](pid_t pid, const auto& wanted) {
    const auto state = process_state(pid);
    if (state && state->state != 'Z' && state->state != 'X' && wanted(*state)) found.push_back(pid);
  };
  for (const pid_t pid : adopted_processes()) {
    add(pid, [&](const ProcessState& state) { return state.group == leader || belongs_to_run(pid, tag, entry); });
  }
  for (std::size_t next = 0; next < found.size(); ++next) {
    for (const pid_t pid : children_of_process(found[next])) add(pid, [](const ProcessState&) { return true; });
  }
  return found;
}

// Kills the living of this run and collects the dead. Whoever was killed or collected may have left children that were
// adopted after the look, so only a sweep that finds nobody is the last.
Reaper::Sweep Reaper::sweep_adopted(pid_t leader, ProcessTag tag, const std::string& entry) {
  Sweep sweep;
  if (adopted_processes().empty()) return sweep;  // nearly always
  const auto killed = hunt_down([&] { return living(leader, tag, entry); });
  for (const pid_t pid : killed) wait_for_death(pid, patience_ms);
  sweep.killed = !killed.empty();
  for (const pid_t pid : adopted_processes()) {
    const auto state = process_state(pid);
    if (state && is_stray_corpse(*state) && collect_if_dead(pid)) sweep.collected = true;
  }
  return sweep;
}

ExitStatus Reaper::reap(pid_t leader, const std::string& run_id) {
  fault_point("reap.before");
  Spawner::signal_group(leader, SIGKILL);
  constexpr int rounds = 50;
  const auto entry = run_entry(run_id);
  const auto tag = leaders_.tag_of(leader);
  auto sweep = sweep_adopted(leader, tag, entry);
  for (int round = 1; round < rounds && (sweep.killed || sweep.collected); ++round) {
    sweep = sweep_adopted(leader, tag, entry);
  }
  if (sweep.killed) log_warning("run left processes that do not die", {{"run_id", run_id}});
  leaders_.remove(leader);
  const ExitStatus status = collect(leader);
  fault_point("reap.after");
  return status;
}

void Reaper::collect_strays() {
  for (const pid_t pid : adopted_processes()) {
    const auto state = process_state(pid);
    if (state && is_stray_corpse(*state)) collect_if_dead(pid);
  }
}

}  // namespace crewship
