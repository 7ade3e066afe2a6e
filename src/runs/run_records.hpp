// What runs write: each function is (part of) one transaction, called with the Tx of Store::write or Store::read on the
// store's threads. No state of its own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <crewship/runs/builtin.hpp>
#include <crewship/runs/executor.hpp>
#include <crewship/store/deliveries.hpp>
#include <crewship/store/run_events.hpp>

#include "run_outcome.hpp"

namespace crewship {

std::unexpected<Error> idempotency_key_reused();
// The scope of a key: the webhook, else the deployment.
std::string idempotency_scope(const LaunchRequest& request);
Launched launched(const Run& run, bool replayed);

// What can be said before a slot is waited for: the run that the key has made already, or that there is no version to
// run (not_found, no_running_version); nothing when the launch may go on.
Result<std::optional<Launched>> look_before_waiting(Tx& tx, const LaunchRequest& request, WallTime now);

struct EventOptions {
  std::function<DeliveryId()> make_delivery_id;
  std::size_t output_bytes = 0;
  std::string public_url;
};

// The run that a request asks for; takes its long texts.
Run new_run(const RunId& id, LaunchRequest& request);

struct RecordedLaunch {
  Run run;
  std::shared_ptr<const Version> version;
  bool replayed = false;                  // the run is an earlier one, of the same key
  std::vector<NewDelivery> deliveries{};  // of a builtin function's run, which has ended
};
// Pins the version, writes the run and its key. A builtin handler starts with its row, a builtin function's run ends
// with it; a command's row is pending. Errors: not_found (webhook gone or disabled), no_running_version,
// idempotency_key_reused.
Result<RecordedLaunch> record_launch(Tx& tx, const LaunchRequest& request, Run run, const BuiltinRegistry& builtins,
                                     const ExecutorOptions& limits, const EventOptions& events, WallTime now);
RunLimits limits_of(const Version& version, const ExecutorOptions& options);

// The end of a run, its last log lines and events, and its deliveries. `free_key`: the run never started, so its key
// may be used again. Returns the deliveries.
std::vector<NewDelivery> record_end(Tx& tx, const Run& ended, std::span<const RunEvent> events, bool free_key,
                                    const EventOptions& options);

// Ends up to `limit` runs that a crash left open as interrupted.
struct Interrupted {
  std::vector<Run> runs;
  std::vector<OutgoingWebhookId> webhooks;
};
Interrupted interrupt_open_runs(Tx& tx, std::size_t limit, WallTime now, const EventOptions& options);

}  // namespace crewship
