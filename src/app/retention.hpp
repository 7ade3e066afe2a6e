// Deletes what is older than the configuration keeps, in steps so small that the writer is never held up.
#pragma once

#include <chrono>

#include <crewship/base/clock.hpp>
#include <crewship/store/store.hpp>

namespace crewship {

struct RetentionOptions {
  std::chrono::milliseconds runs;
  std::chrono::milliseconds deliveries;
  std::chrono::milliseconds interval = std::chrono::minutes(10);
};

// Runs until it is cancelled. Deliveries go before the runs that they speak of.
Task<void> keep_retention(Store& store, Clock& clock, Executor executor, RetentionOptions options);

}  // namespace crewship
