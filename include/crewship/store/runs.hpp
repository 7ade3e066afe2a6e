// Runs, their log lines (written by run_events.hpp), and the idempotency keys that make a
// repeated POST one run.
#pragma once

#include <chrono>

#include <crewship/domain/run.hpp>
#include <crewship/store/page.hpp>
#include <crewship/store/store.hpp>

namespace crewship {

void insert_run(Tx& tx, const Run& run);
// Writes status, output, error_message, started_at and completed_at; output and error_message only with completed_at,
// which is written once: it is what the overview counts.
void update_run(Tx& tx, const Run& run);
std::optional<Run> find_run(Tx& tx, const RunId& id);
struct RunFilter {
  std::optional<DeploymentId> deployment_id;
  std::optional<Environment> environment;
  std::optional<RunStatus> status;
};
// A page whose payloads pass a few MiB ends early, with a cursor.
Page<Run> list_runs(Tx& tx, const RunFilter& filter, const PageRequest& page);
// The newest runs of a webhook, newest first.
struct RecentRuns {
  std::optional<WallTime> last_used_at{};
  std::vector<RunStatus> statuses{};
};
RecentRuns recent_runs(Tx& tx, const IncomingWebhookId& webhook, std::size_t limit);
// Up to `limit` runs that are pending or running: what a crash left open.
std::vector<Run> open_runs(Tx& tx, std::size_t limit);

struct LogLine {
  std::int64_t id = 0;  // ascending within its run: its number among the run's events
  WallTime timestamp;
  std::string level;    // "info", "warning", "error"
  std::string message;  // valid UTF-8
};
Page<LogLine> list_log_lines(Tx& tx, const RunId& run, const PageRequest& page);  // oldest first

// `scope` is the incoming webhook's id, or the deployment's for POST /v1/runs.
struct IdempotencyRecord {
  std::string scope;
  std::string key;
  std::string body_sha256;
  RunId run_id;
  WallTime created_at;
};
// Not the ones made before `not_before` (they are expired).
std::optional<IdempotencyRecord> find_idempotency_record(Tx& tx, std::string_view scope, std::string_view key,
                                                         WallTime not_before);
void insert_idempotency_record(Tx& tx, const IdempotencyRecord& record);  // replaces an expired one
void delete_idempotency_records_of_run(Tx& tx, const RunId& run);

// Retention: deletes finished runs (with logs, events and keys) completed before `before`, whose deliveries are all
// gone or finished. Deletes up to `limit` rows, each log line, event and run counting as one, and returns how many.
// Call again while it returns `limit`.
std::size_t delete_old_runs(Tx& tx, WallTime before, std::size_t limit);

}  // namespace crewship
