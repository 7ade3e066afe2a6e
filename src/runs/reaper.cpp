#include "reaper.hpp"

#include <cerrno>
#include <csignal>
#include <vector>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <crewship/base/fault_point.hpp>
#include <crewship/base/log.hpp>

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

// Processes that were re-parented to us: the kernel gives them to the main thread, while the leaders of runs are
// children of the spawner's thread.
std::vector<pid_t> adopted_processes() { return children_of_thread(::getpid()); }

// A dead process of ours or of an embedding program's? Its environment is gone, but what belongs to the program itself
// shares its group, and what a run left behind does not.
bool is_stray_corpse(const ProcessState& state) { return state.state == 'Z' && state.group != ::getpgrp(); }

struct Sweep {
  bool killed = false;
  bool collected = false;
};

// Kills the living of this run among the adopted and collects the dead. Whoever was killed or collected may have left
// children that were adopted after the look, so only a sweep that finds nobody is the last.
Sweep sweep_adopted(pid_t leader, const std::string& entry, int patience_ms) {
  Sweep sweep;
  std::vector<pid_t> killed;
  for (const pid_t pid : adopted_processes()) {
    const auto state = process_state(pid);
    if (!state) continue;
    if (state->state == 'Z') {
      if (is_stray_corpse(*state) && collect_if_dead(pid)) sweep.collected = true;
    } else if (state->group == leader || has_environment_entry(pid, entry)) {
      ::kill(pid, SIGKILL);
      killed.push_back(pid);
    }
  }
  for (const pid_t pid : killed) {
    wait_for_death(pid, patience_ms);
    collect_if_dead(pid);
  }
  sweep.killed = !killed.empty();
  return sweep;
}

ExitStatus collect(pid_t leader) {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(leader), &info, WEXITED) != 0) {
    if (errno == EINTR) continue;
    // Only a program that embeds us and waits for any child can do this.
    log_error("a run's process was reaped by another part of the program", {{"pid", leader}});
    return {.signaled = true, .value = SIGKILL};
  }
  return {.signaled = info.si_code != CLD_EXITED, .value = info.si_status};
}

}  // namespace

void Reaper::started(pid_t leader) {
  guard_.add(leader);
  ++leaders_;
}

ExitStatus Reaper::reap(pid_t leader, const std::string& run_id) {
  fault_point("reap.before");
  Spawner::signal_group(leader, SIGKILL);
  constexpr int rounds = 50;
  constexpr int patience_ms = 100;
  const auto entry = run_entry(run_id);
  auto sweep = sweep_adopted(leader, entry, patience_ms);
  for (int round = 1; round < rounds && (sweep.killed || sweep.collected); ++round) {
    sweep = sweep_adopted(leader, entry, patience_ms);
  }
  if (sweep.killed) log_warning("run left processes that do not die", {{"run_id", run_id}});
  guard_.remove(leader);
  --leaders_;
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
