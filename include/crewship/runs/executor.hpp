// Starts runs and follows them to their end: slot → row (pending) → start → row (running) → answer → end, and writes
// the end together with its deliveries in one transaction. Loop thread; owned by App; outlived by the Store.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include <crewship/base/caller.hpp>
#include <crewship/base/clock.hpp>
#include <crewship/base/error.hpp>
#include <crewship/base/ids.hpp>
#include <crewship/base/metrics.hpp>
#include <crewship/base/task_group.hpp>
#include <crewship/delivery/wake_up.hpp>
#include <crewship/domain/run.hpp>
#include <crewship/events/change_feed.hpp>
#include <crewship/events/run_feeds.hpp>
#include <crewship/runs/builtin.hpp>
#include <crewship/runs/spawner.hpp>
#include <crewship/store/store.hpp>

namespace crewship {

struct ExecutorOptions {
  std::size_t max_concurrent_runs = 64;
  std::size_t max_waiting_requests = 1024;
  std::chrono::milliseconds start_timeout = std::chrono::seconds(25);
  std::chrono::milliseconds run_timeout = std::chrono::hours(1);
  std::chrono::milliseconds kill_grace = std::chrono::seconds(5);
  std::chrono::milliseconds drain_timeout = std::chrono::seconds(30);
  std::size_t output_bytes = 1048576;
  std::size_t log_line_bytes = 8192;     // longer lines are cut
  std::size_t log_bytes = 4194304;       // of one run; what comes after is dropped, said in a last line
  std::size_t event_line_bytes = 65536;  // longer ones are no events
  std::size_t events_bytes = 4194304;    // of one run; what comes after is dropped, said in the log
  std::size_t delivery_output_bytes = 65536;
  std::string public_url{};
  std::string home{};  // HOME of programs; empty: the daemon's
};

struct Idempotency {
  std::string key;
  std::string body_sha256;
};

struct LaunchRequest {
  DeploymentId deployment_id;
  Environment environment = Environment::production;
  std::optional<IncomingWebhookId> incoming_webhook_id{};
  std::string input = "{}";                  // validated JSON object text
  std::optional<Idempotency> idempotency{};  // scope: the webhook, else the deployment
  std::optional<WallTime> received_at{};     // when the request was whole
  RequestId request_id{};
  std::string received_traceparent{};  // the caller's, if valid
};

struct Launched {
  RunId run_id{};
  VersionId version_id{};
  std::int64_t version_number = 0;
  bool replayed = false;  // answered from an Idempotency-Key
};

// Since the start of the program.
struct RunMetrics {
  Counter started;  // acknowledged with a 202
  Counter succeeded;
  Counter failed;
  Counter canceled;
  Histogram wait_seconds{0.001};     // of a caller, for a slot
  Histogram start_seconds{0.0002};   // from the slot to the answer
  Histogram duration_seconds{0.01};  // from the start to the end
};

class RunExecutor {
 public:
  RunExecutor(Executor executor, Store& store, Clock& clock, IdGenerator& ids, DeliveryWakeUp& deliveries,
              RunFeeds& feeds, ChangeFeed& changes, Spawner& spawner, const BuiltinRegistry& builtins,
              ExecutorOptions options, TaskGroup::FailureHandler on_failure);
  ~RunExecutor();

  // At start, before anything is served: every run left pending or running becomes failed ("interrupted by a server
  // restart"), its run.failed goes out.
  Task<Result<>> recover();

  // Returns when the run is executing and on disk. Errors as in the contract's §2: not_found (webhook gone),
  // no_running_version, no_free_slot, too_many_waiting, shutting_down, run_failed_to_start (with run_id),
  // idempotency_key_reused (422), storage errors. A caller who hangs up while waiting for a slot leaves the line.
  Task<Result<Launched>> launch(LaunchRequest request, Caller& caller);

  // Asks a run to end and waits for it as long as the kill grace; a no-op on a finished one. not_found.
  Task<Result<Run>> cancel(RunId id);

  // No new runs from now on (launch answers shutting_down, waiting callers too); running ones get drain_timeout, the
  // rest is ended as failed (interrupted). Returns when no run is left and all is on disk. hurry(): do not wait any
  // longer.
  Task<void> drain();
  void hurry();

  std::size_t running() const;
  std::size_t waiting() const;
  const RunMetrics& metrics() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crewship
