#include <crewship/store/activity.hpp>

#include "activity_counters.hpp"
#include "remembered.hpp"
#include "rows.hpp"

namespace crewship {
namespace {

constexpr std::int64_t minute_ms = 60'000;

std::int64_t minute_of(WallTime time) { return unix_milliseconds(time) / minute_ms; }

Failing read_failing(const Query& row, int first_column) {
  return {row.time(first_column), row.integer(first_column + 1), row.text(first_column + 2)};
}

// `select` gives the row of sums of the minutes from its first argument to before its second.
template <class Select>
std::vector<Activity> sums(const ActivityPieces& pieces, Select select) {
  const std::int64_t first = minute_of(pieces.from);
  std::vector<Activity> all;
  for (std::size_t i = 0; i < pieces.count; ++i) {
    const std::int64_t from = first + pieces.length.count() * static_cast<std::int64_t>(i);
    Query row = select(from, from + pieces.length.count());
    row.next();
    all.push_back({from_unix_milliseconds(from * minute_ms), row.integer(0), row.integer(1), row.integer(2)});
  }
  return all;
}

}  // namespace

void count_ended_run(Tx& tx, const Run& run) {
  EndCounts& counts = tx.minute_counts().runs[{minute_of(*run.completed_at), run.environment}];
  counts.succeeded += run.status == RunStatus::succeeded ? 1 : 0;
  counts.failed += run.status == RunStatus::failed ? 1 : 0;
  counts.canceled += run.status == RunStatus::canceled ? 1 : 0;
  if (run.status == RunStatus::succeeded) {
    remember_healthy(tx, &Remembered::healthy_versions, {run.version_id, run.environment}, [&] {
      tx.execute("DELETE FROM failing_versions WHERE version_id = ? AND environment = ?", run.version_id,
                 to_string(run.environment));
    });
  } else if (run.status == RunStatus::failed) {
    forget_healthy(tx, &Remembered::healthy_versions, {run.version_id, run.environment});
    tx.execute(
        "INSERT INTO failing_versions(version_id, environment, since, failures, error) VALUES(?, ?, ?, 1, ?) "
        "ON CONFLICT DO UPDATE SET failures = failures + 1, error = excluded.error",
        run.version_id, to_string(run.environment), *run.completed_at, run.error_message.value_or(""));
  }
}

void count_ended_deliveries(Tx& tx, Environment environment, DeliveryStatus status, std::int64_t count, WallTime now) {
  if (count == 0) return;
  EndCounts& counts = tx.minute_counts().deliveries[{minute_of(now), environment}];
  (status == DeliveryStatus::succeeded ? counts.succeeded : counts.failed) += count;
}

void write_minute_counts(Tx& tx) {
  for (const auto& [at, counts] : tx.minute_counts().runs) {
    tx.execute(
        "INSERT INTO run_minutes(minute, environment, succeeded, failed, canceled) VALUES(?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET succeeded = succeeded + excluded.succeeded, failed = failed + excluded.failed, "
        "canceled = canceled + excluded.canceled",
        at.minute, to_string(at.environment), counts.succeeded, counts.failed, counts.canceled);
  }
  for (const auto& [at, counts] : tx.minute_counts().deliveries) {
    tx.execute(
        "INSERT INTO delivery_minutes(minute, environment, succeeded, failed) VALUES(?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET succeeded = succeeded + excluded.succeeded, failed = failed + excluded.failed",
        at.minute, to_string(at.environment), counts.succeeded, counts.failed);
  }
  tx.minute_counts() = {};
}

void note_failed_attempt(Tx& tx, const OutgoingWebhookId& webhook, std::string_view error, WallTime now) {
  forget_healthy(tx, &Remembered::healthy_webhooks, webhook);
  tx.execute(
      "INSERT INTO failing_webhooks(outgoing_webhook_id, since, failures, error) VALUES(?, ?, 1, ?) "
      "ON CONFLICT DO UPDATE SET failures = failures + 1, error = excluded.error",
      webhook, now, error);
}

void forget_failures(Tx& tx, const OutgoingWebhookId& webhook) {
  remember_healthy(tx, &Remembered::healthy_webhooks, webhook,
                   [&] { tx.execute("DELETE FROM failing_webhooks WHERE outgoing_webhook_id = ?", webhook); });
}

std::vector<Activity> run_activity(Tx& tx, const ActivityPieces& pieces,
                                   const std::optional<Environment>& environment) {
  const auto name = environment.transform([](Environment e) { return to_string(e); });
  return sums(pieces, [&](std::int64_t from, std::int64_t to) {
    return tx.select(
        "SELECT ifnull(sum(succeeded), 0), ifnull(sum(failed), 0), ifnull(sum(canceled), 0) FROM run_minutes WHERE "
        "minute >= ?1 AND minute < ?2 AND (?3 IS NULL OR environment = ?3)",
        from, to, name);
  });
}

std::vector<Activity> delivery_activity(Tx& tx, const ActivityPieces& pieces,
                                        const std::optional<Environment>& environment) {
  const auto name = environment.transform([](Environment e) { return to_string(e); });
  return sums(pieces, [&](std::int64_t from, std::int64_t to) {
    return tx.select(
        "SELECT ifnull(sum(succeeded), 0), ifnull(sum(failed), 0), 0 FROM delivery_minutes WHERE minute >= ?1 AND "
        "minute < ?2 AND (?3 IS NULL OR environment = ?3)",
        from, to, name);
  });
}

std::size_t delete_old_activity(Tx& tx, WallTime before, std::size_t limit) {
  const std::int64_t minute = minute_of(before);
  const auto runs = tx.execute(
      "DELETE FROM run_minutes WHERE (minute, environment) IN (SELECT minute, environment FROM run_minutes WHERE "
      "minute < ? ORDER BY minute LIMIT ?)",
      minute, limit);
  const auto left = limit - static_cast<std::size_t>(runs);
  const auto deliveries = tx.execute(
      "DELETE FROM delivery_minutes WHERE (minute, environment) IN (SELECT minute, environment FROM delivery_minutes "
      "WHERE minute < ? ORDER BY minute LIMIT ?)",
      minute, left);
  return static_cast<std::size_t>(runs + deliveries);
}

std::vector<FailingWebhook> failing_webhooks(Tx& tx, std::size_t limit) {
  Query rows = tx.select(
      "SELECT w.id, w.name, w.deployment_id, w.environment, f.since, f.failures, f.error FROM failing_webhooks f "
      "CROSS JOIN outgoing_webhooks w ON w.id = f.outgoing_webhook_id WHERE w.enabled AND w.deleted_at IS NULL LIMIT ?",
      limit);
  std::vector<FailingWebhook> found;
  while (rows.next()) {
    found.push_back({rows.id<OutgoingWebhookId>(0), rows.text(1), rows.id<DeploymentId>(2),
                     known(parse_environment(rows.text(3))), read_failing(rows, 4)});
  }
  return found;
}

std::vector<FailingVersion> failing_versions(Tx& tx, std::size_t limit) {
  Query rows = tx.select(
      "SELECT v.id, v.number, d.name, v.deployment_id, f.environment, f.since, f.failures, f.error "
      "FROM failing_versions f CROSS JOIN versions v ON v.id = f.version_id "
      "CROSS JOIN environments e ON e.deployment_id = v.deployment_id AND e.environment = f.environment "
      "CROSS JOIN deployments d ON d.id = v.deployment_id "
      "WHERE e.version_id = v.id AND d.deleted_at IS NULL LIMIT ?",
      limit);
  std::vector<FailingVersion> found;
  while (rows.next()) {
    found.push_back({rows.id<VersionId>(0), rows.integer(1), rows.text(2), rows.id<DeploymentId>(3),
                     known(parse_environment(rows.text(4))), read_failing(rows, 5)});
  }
  return found;
}

}  // namespace crewship
