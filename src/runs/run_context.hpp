// What every run's task works with. Owned by the executor; loop thread.
#pragma once

#include <vector>

#include <crewship/runs/executor.hpp>

#include "child_environment.hpp"
#include "likely_webhooks.hpp"
#include "run_records.hpp"

namespace crewship {

struct RunContext {
  Executor executor;
  Store& store;
  Clock& clock;
  IdGenerator& ids;
  DeliveryWakeUp& deliveries;
  RunFeeds& feeds;
  ChangeFeed& changes;
  Spawner& spawner;
  const BuiltinRegistry& builtins;
  ExecutorOptions options;
  TaskGroup::FailureHandler on_failure;
  InheritedEnvironment inherited = InheritedEnvironment::read();
  // One for all runs: no run holds on to it over a suspension.
  std::vector<char> read_buffer = std::vector<char>(65536);
  LikelyWebhooks likely_webhooks{};
  bool draining = false;
  bool hurried = false;  // the program stops and has no more time
  std::unique_ptr<RunMetrics> metrics = std::make_unique<RunMetrics>();

  EventOptions event_options() {
    return {.make_delivery_id = [this] { return ids.make<DeliveryId>(); },
            .output_bytes = options.delivery_output_bytes,
            .public_url = options.public_url};
  }
};

}  // namespace crewship
