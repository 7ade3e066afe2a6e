#include "child_limits.hpp"

#include <algorithm>

#include <crewship/base/descriptor_limit.hpp>

namespace crewship {
namespace {

// No more than the daemon itself may: only root could give more.
void add_limit(std::vector<ChildLimit>& limits, __rlimit_resource resource, rlim_t soft, rlim_t hard) {
  rlimit own{};
  if (::getrlimit(resource, &own) != 0) return;
  limits.push_back({resource, {std::min(soft, own.rlim_max), std::min(hard, own.rlim_max)}});
}

}  // namespace

std::vector<ChildLimit> child_limits(const ResourceLimits& wanted, ProcessTag tag, const RunAs* run_as) {
  std::vector<ChildLimit> limits;
  add_limit(limits, RLIMIT_CORE, 0, 0);
  add_limit(limits, RLIMIT_LOCKS, tag, tag);
  const auto given = [](const std::optional<std::int64_t>& value) { return static_cast<rlim_t>(*value); };
  // Not the address space, of which runtimes reserve far more than they use.
  if (wanted.memory_bytes) add_limit(limits, RLIMIT_DATA, given(wanted.memory_bytes), given(wanted.memory_bytes));
  // SIGXCPU first; a program that ignores it gets SIGKILL a second later.
  if (wanted.cpu_seconds) add_limit(limits, RLIMIT_CPU, given(wanted.cpu_seconds), given(wanted.cpu_seconds) + 1);
  if (wanted.open_files) {
    add_limit(limits, RLIMIT_NOFILE, given(wanted.open_files), given(wanted.open_files));
  } else if (const auto before = descriptor_limit_at_start()) {
    add_limit(limits, RLIMIT_NOFILE, *before, RLIM_INFINITY);  // the daemon has raised its own
  }
  // The kernel counts all that a user has, so this cannot be the limit of one run.
  if (run_as != nullptr && run_as->processes > 0) {
    add_limit(limits, RLIMIT_NPROC, run_as->processes, run_as->processes);
  }
  return limits;
}

}  // namespace crewship
