#include "run_outcome.hpp"

#include <csignal>
#include <stdexcept>

namespace crewship {
namespace {

std::string in_seconds(std::chrono::milliseconds duration) {
  if (duration.count() % 1000 != 0) return std::to_string(duration.count()) + " ms";
  return std::to_string(duration.count() / 1000) + " s";
}

// The kernel sends SIGXCPU, and SIGKILL a second later to who goes on.
bool ended_at_cpu_limit(const ExitStatus& status, const ResourceLimits& limits) {
  if (!limits.cpu_seconds || !status.signaled) return false;
  return status.value == SIGXCPU ||
         (status.value == SIGKILL && status.cpu_time >= std::chrono::seconds(*limits.cpu_seconds));
}

RunFailed output_exceeds(const RunLimits& limits) {
  return {"output exceeds " + std::to_string(limits.output_bytes) + " bytes"};
}

}  // namespace

RunChange outcome_of_stop(StopReason reason, const RunLimits& limits) {
  switch (reason) {
    case StopReason::canceled:
      return RunCanceled{};
    case StopReason::time_limit:
      return RunFailed{"exceeded its time limit of " + in_seconds(limits.time_limit)};
    case StopReason::output_limit:
      return output_exceeds(limits);
    case StopReason::memory_limit:
      return RunFailed{"exceeded its memory limit of " + std::to_string(limits.resources.memory_bytes.value()) +
                       " bytes"};
    case StopReason::process_limit:
      return RunFailed{"exceeded its limit of " + std::to_string(limits.resources.processes.value()) +
                       (limits.resources.processes == 1 ? " process" : " processes")};
    case StopReason::interrupted:
      return RunFailed{std::string(interrupted_message)};
    case StopReason::none:
      break;
  }
  throw std::logic_error("a run that was not stopped has no reason for it");
}

RunChange outcome_of_command(const ProcessEnd& end, std::string_view output, std::string_view last_log_line,
                             const RunLimits& limits) {
  if (end.stopped_for != StopReason::none) return outcome_of_stop(end.stopped_for, limits);
  if (ended_at_cpu_limit(end.status, limits.resources)) {
    return RunFailed{"exceeded its limit of " + std::to_string(*limits.resources.cpu_seconds) + " s of CPU time"};
  }
  if (end.status.signaled) return RunFailed{describe_signal(end.status.value)};
  if (end.status.value != 0) return RunFailed{describe_exit(end.status.value, last_log_line)};
  return RunSucceeded{output_from_stdout(output)};
}

RunChange outcome_of_builtin(StopReason stopped_for, const Result<std::string>& output, const RunLimits& limits) {
  if (stopped_for != StopReason::none) return outcome_of_stop(stopped_for, limits);
  if (!output) return RunFailed{output.error().message};
  if (output->size() > limits.output_bytes) return output_exceeds(limits);
  return RunSucceeded{output_from_stdout(*output)};
}

}  // namespace crewship
