// How a run ended, in the words of its error_message. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include <crewship/domain/run.hpp>

#include "run_process.hpp"

namespace crewship {

inline constexpr std::string_view interrupted_message = "interrupted by a server restart";

struct RunLimits {
  std::chrono::milliseconds time_limit{};
  std::size_t output_bytes = 0;
  ResourceLimits resources{};
};

// Precondition: it was stopped.
RunChange outcome_of_stop(StopReason reason, const RunLimits& limits);
RunChange outcome_of_command(const ProcessEnd& end, std::string_view output, std::string_view last_log_line,
                             const RunLimits& limits);
RunChange outcome_of_builtin(StopReason stopped_for, const Result<std::string>& output, const RunLimits& limits);

}  // namespace crewship
