#include <crewship/store/runs.hpp>

#include <stdexcept>

#include "activity_counters.hpp"
#include "rows.hpp"
#include "run_rows.hpp"
#include "tx.hpp"

namespace crewship {
namespace {
constexpr std::string_view empty_input = "{}";

std::optional<std::string_view> text_or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}
}  // namespace

void insert_run(Tx& tx, const Run& run) {
  tx.execute(
      "INSERT INTO runs(id, deployment_id, version_id, version_number, environment, status, incoming_webhook_id, "
      "created_at, "
      "started_at, completed_at, error_message, output, received_at, request_id, received_traceparent) "
      "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      run.id, run.deployment_id, run.version_id, run.version_number, to_string(run.environment), to_string(run.status),
      run.incoming_webhook_id, run.created_at, run.started_at, run.completed_at, run.error_message, run.output,
      run.received_at, text_or_null(run.request_id), text_or_null(run.received_traceparent));
  if (run.input != empty_input) {
    tx.execute("INSERT INTO run_inputs(run_id, input) VALUES(?, ?)", run.id, run.input);
  }
  if (run.completed_at) count_ended_run(tx, run);
}

void update_run(Tx& tx, const Run& run) {
  // Without completed_at in the statement, no index has to be looked at.
  const std::int64_t changed =
      run.completed_at
          ? tx.execute(
                "UPDATE runs SET status = ?, started_at = ?, completed_at = ?, error_message = ?, output = ? "
                "WHERE id = ?",
                to_string(run.status), run.started_at, run.completed_at, run.error_message, run.output, run.id)
          : tx.execute("UPDATE runs SET status = ?, started_at = ? WHERE id = ?", to_string(run.status), run.started_at,
                       run.id);
  if (changed == 0) throw std::logic_error("a run that does not exist was to change: " + run.id.text());
  if (run.completed_at) count_ended_run(tx, run);
}

std::optional<Run> read_run(Tx& tx, std::string_view id) {
  Query row = tx.select(
      "SELECT r.deployment_id, r.version_id, r.version_number, r.environment, r.status, r.incoming_webhook_id, "
      "r.created_at, "
      "r.started_at, r.completed_at, r.error_message, r.output, i.input, r.received_at, "
      "r.request_id, r.received_traceparent "
      "FROM runs r LEFT JOIN run_inputs i ON i.run_id = r.id WHERE r.id = ?",
      id);
  if (!row.next()) return std::nullopt;
  Run run;
  run.id = RunId::trusted(std::string(id));
  run.deployment_id = row.id<DeploymentId>(0);
  run.version_id = row.id<VersionId>(1);
  run.version_number = row.integer(2);
  run.environment = known(parse_environment(row.text(3)));
  run.status = known(parse_run_status(row.text(4)));
  run.incoming_webhook_id = row.optional_id<IncomingWebhookId>(5);
  run.created_at = row.time(6);
  run.started_at = row.optional_time(7);
  run.completed_at = row.optional_time(8);
  run.error_message = row.optional_text(9);
  run.output = row.optional_text(10);
  run.input = row.is_null(11) ? std::string(empty_input) : row.text(11);
  run.received_at = row.optional_time(12);
  run.request_id = row.optional_text(13).value_or("");
  run.received_traceparent = row.optional_text(14).value_or("");
  return run;
}

std::optional<Run> find_run(Tx& tx, const RunId& id) { return read_run(tx, id.text()); }

RecentRuns recent_runs(Tx& tx, const IncomingWebhookId& webhook, std::size_t limit) {
  Query rows = tx.select(
      "SELECT status, created_at FROM runs INDEXED BY runs_of_webhook WHERE incoming_webhook_id = ? ORDER BY id DESC "
      "LIMIT ?",
      webhook, limit);
  RecentRuns recent;
  while (rows.next()) {
    recent.statuses.push_back(known(parse_run_status(rows.text(0))));
    if (!recent.last_used_at) recent.last_used_at = rows.time(1);
  }
  return recent;
}

std::vector<Run> open_runs(Tx& tx, std::size_t limit) {
  std::vector<std::string> ids;
  for (Query rows =
           tx.select("SELECT id FROM runs INDEXED BY runs_open WHERE completed_at IS NULL ORDER BY id LIMIT ?", limit);
       rows.next();) {
    ids.push_back(rows.text(0));
  }
  std::vector<Run> runs;
  runs.reserve(ids.size());
  for (const std::string& id : ids) runs.push_back(*read_run(tx, id));
  return runs;
}

}  // namespace crewship
