#include <crewship/store/runs.hpp>

#include <stdexcept>

#include "activity_counters.hpp"
#include "rows.hpp"
#include "run_batch.hpp"
#include "run_list_numbers.hpp"
#include "run_rows.hpp"
#include "tx.hpp"

namespace crewship {
namespace {

// How many have changed.
std::int64_t write_end(Tx& tx, const Run& run) {
  const RunListNumbers lists = list_numbers(tx, run);
  return tx.execute(
      "UPDATE runs SET status = ?, ended_list = ?, ended_of_deployment_list = ?, started_at = ?, completed_at = ?, "
      "error_message = ?, output = ? WHERE id = ?",
      to_string(run.status), lists.ended, lists.ended_of_deployment, run.started_at, run.completed_at,
      run.error_message, run.output, run.id);
}

// Without the columns of an end in the statement, no index has to be looked at.
std::int64_t write_status(Tx& tx, const Run& run) {
  return tx.execute("UPDATE runs SET status = ?, started_at = ? WHERE id = ?", to_string(run.status), run.started_at,
                    run.id);
}

}  // namespace

void insert_run(Tx& tx, const Run& run) {
  RunBatch& batch = tx.new_runs();
  // Only what undoes its whole group may be late: a savepoint could not undo it alone.
  if (tx.memory() != nullptr && RunBatch::takes(run)) {
    batch.add(run, list_numbers(tx, run));
    if (batch.full()) batch.write(tx);
  } else {
    batch.write(tx);  // numbers grow as ids do
    insert_run_now(tx, run);
  }
  if (run.completed_at) count_ended_run(tx, run);
}

void update_run(Tx& tx, const Run& run) {
  const std::int64_t changed = run.completed_at ? write_end(tx, run) : write_status(tx, run);
  if (changed == 0) throw std::logic_error("a run that does not exist was to change: " + run.id.text());
  if (run.completed_at) count_ended_run(tx, run);
}

std::optional<Run> find_run(Tx& tx, const RunId& id) {
  Query row = tx.select("SELECT number FROM runs WHERE id = ?", id);
  return row.next() ? read_run(tx, row.integer(0)) : std::nullopt;
}

std::optional<Run> read_run(Tx& tx, std::int64_t number) {
  Query row = tx.select(
      "SELECT r.id, r.deployment_id, r.version_id, r.version_number, r.environment, r.status, r.incoming_webhook_id, "
      "r.created_at, r.started_at, r.completed_at, r.received_at, r.request_id, r.received_traceparent, "
      "coalesce(r.input, i.input), r.error_message, r.output "
      "FROM runs r LEFT JOIN run_inputs i ON i.run_number = r.number WHERE r.number = ?",
      number);
  if (!row.next()) return std::nullopt;
  Run run;
  run.id = row.id<RunId>(0);
  run.deployment_id = row.id<DeploymentId>(1);
  run.version_id = row.id<VersionId>(2);
  run.version_number = row.integer(3);
  run.environment = known(parse_environment(row.text(4)));
  run.status = known(parse_run_status(row.text(5)));
  run.incoming_webhook_id = row.optional_id<IncomingWebhookId>(6);
  run.created_at = row.time(7);
  run.started_at = row.optional_time(8);
  run.completed_at = row.optional_time(9);
  run.received_at = row.optional_time(10);
  run.request_id = row.optional_text(11).value_or("");
  run.received_traceparent = row.optional_text(12).value_or("");
  run.input = row.is_null(13) ? std::string(empty_input) : row.text(13);
  run.error_message = row.optional_text(14);
  run.output = row.optional_text(15);
  return run;
}

RecentRuns recent_runs(Tx& tx, const IncomingWebhookId& webhook, std::size_t limit) {
  Query rows = tx.select(
      "SELECT status, created_at FROM runs INDEXED BY runs_of_webhook WHERE webhook_list = "
      "(SELECT number FROM run_lists WHERE owner_id = ? AND environment = '' AND status = '') "
      "ORDER BY number DESC LIMIT ?",
      webhook, limit);
  RecentRuns recent;
  while (rows.next()) {
    recent.statuses.push_back(known(parse_run_status(rows.text(0))));
    if (!recent.last_used_at) recent.last_used_at = rows.time(1);
  }
  return recent;
}

std::vector<Run> open_runs(Tx& tx, std::size_t limit) {
  std::vector<std::int64_t> numbers;
  for (Query rows = tx.select(
           "SELECT number FROM runs INDEXED BY runs_open WHERE completed_at IS NULL ORDER BY number LIMIT ?", limit);
       rows.next();) {
    numbers.push_back(rows.integer(0));
  }
  std::vector<Run> runs;
  runs.reserve(numbers.size());
  for (const std::int64_t number : numbers) runs.push_back(*read_run(tx, number));
  return runs;
}

}  // namespace crewship
