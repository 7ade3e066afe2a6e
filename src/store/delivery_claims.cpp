// From waiting to in flight. Every question is asked of the index deliveries_waiting, which holds only what waits: by
// webhook, first attempts before retries, the earliest first.
#include <limits>

#include <crewship/store/deliveries.hpp>

#include "outgoing_webhooks.hpp"
#include "rows.hpp"

namespace crewship {
namespace {

constexpr bool first_attempts = false;
constexpr bool retries = true;

// Room for what an attempt will know at its end, which is mostly the headers that were sent. A row that grew later
// would split its page again and again.
constexpr std::int64_t reserved_bytes = 640;

struct DueDelivery {
  Delivery delivery;
  std::int64_t attempt_count = 0;
};

void add_due(Tx& tx, const OutgoingWebhookId& webhook, bool is_retry, std::size_t limit, WallTime now,
             std::vector<DueDelivery>& due) {
  Query rows = tx.select(
      "SELECT d.id, d.run_id, d.event, d.retry_step, d.attempt_count, d.created_at, d.next_attempt_at, b.body, "
      "d.received_traceparent "
      "FROM deliveries d INDEXED BY deliveries_waiting JOIN delivery_bodies b ON b.delivery_id = d.id "
      "WHERE d.outgoing_webhook_id = ? AND d.is_retry = ? AND d.next_attempt_at <= ? ORDER BY d.next_attempt_at LIMIT "
      "?",
      webhook, is_retry, now, limit);
  while (rows.next()) {
    DueDelivery row;
    row.delivery.id = rows.id<DeliveryId>(0);
    row.delivery.outgoing_webhook_id = webhook;
    row.delivery.run_id = rows.optional_id<RunId>(1);
    row.delivery.event = known(parse_event_type(rows.text(2)));
    row.delivery.retry_step = rows.integer(3);
    row.attempt_count = rows.integer(4);
    row.delivery.created_at = rows.time(5);
    row.delivery.next_attempt_at = rows.optional_time(6);
    row.delivery.body = rows.text(7);
    row.delivery.received_traceparent = rows.optional_text(8).value_or("");
    due.push_back(std::move(row));
  }
}

Attempt begin_attempt(Tx& tx, const DueDelivery& due, AttemptId id, const std::string& url, WallTime now) {
  Attempt attempt;
  attempt.id = std::move(id);
  attempt.delivery_id = due.delivery.id;
  attempt.number = due.attempt_count + 1;
  attempt.started_at = now;
  attempt.url = url;
  tx.execute("UPDATE deliveries SET next_attempt_at = NULL, is_retry = 1, attempt_count = ? WHERE id = ?",
             attempt.number, due.delivery.id);
  tx.execute(
      "INSERT INTO attempts(delivery_id, number, id, status, started_at, url, request_headers) VALUES(?, ?, ?, "
      "'in_flight', ?, ?, zeroblob(?))",
      attempt.delivery_id, attempt.number, attempt.id, attempt.started_at, attempt.url, reserved_bytes);
  return attempt;
}

std::optional<WallTime> earliest(Tx& tx, const OutgoingWebhookId& webhook) {
  Query row = tx.select(
      "SELECT min(due) FROM ("
      "  SELECT (SELECT next_attempt_at FROM deliveries INDEXED BY deliveries_waiting"
      "    WHERE outgoing_webhook_id = ?1 AND is_retry = 0 AND next_attempt_at IS NOT NULL"
      "    ORDER BY next_attempt_at LIMIT 1) AS due"
      "  UNION ALL"
      "  SELECT (SELECT next_attempt_at FROM deliveries INDEXED BY deliveries_waiting"
      "    WHERE outgoing_webhook_id = ?1 AND is_retry = 1 AND next_attempt_at IS NOT NULL"
      "    ORDER BY next_attempt_at LIMIT 1))",
      webhook);
  row.next();
  return row.optional_time(0);
}

}  // namespace

ClaimResult claim_due_deliveries(Tx& tx, std::span<const ClaimRequest> requests, WallTime now,
                                 const std::function<AttemptId()>& make_id) {
  ClaimResult result;
  for (const ClaimRequest& request : requests) {
    std::vector<DueDelivery> due;
    add_due(tx, request.outgoing_webhook_id, first_attempts, request.limit, now, due);
    if (due.size() < request.limit) {
      add_due(tx, request.outgoing_webhook_id, retries, request.limit - due.size(), now, due);
    }
    // Nothing waits for a webhook that is not enabled, so there is a target when something is due.
    const std::optional<Target> target = due.empty() ? std::nullopt : find_target(tx, request.outgoing_webhook_id);
    if (target) {
      for (DueDelivery& row : due) {
        Attempt attempt = begin_attempt(tx, row, make_id(), target->url, now);
        row.delivery.next_attempt_at.reset();
        result.claimed.push_back({std::move(row.delivery), std::move(attempt), target->url, target->headers,
                                  target->secret, target->deployment_id, target->environment});
      }
    }
    if (const auto next = earliest(tx, request.outgoing_webhook_id)) {
      result.next_due.emplace_back(request.outgoing_webhook_id, *next);
    }
  }
  return result;
}

namespace {

// Jumps from webhook to webhook in the index, however many deliveries each has.
std::vector<OutgoingWebhookId> webhooks_with_waiting_deliveries(Tx& tx) {
  std::vector<OutgoingWebhookId> webhooks;
  for (Query rows = tx.select("WITH RECURSIVE webhook(id) AS ("
                              "  SELECT min(outgoing_webhook_id) FROM deliveries INDEXED BY deliveries_waiting"
                              "    WHERE next_attempt_at IS NOT NULL"
                              "  UNION ALL"
                              "  SELECT (SELECT min(outgoing_webhook_id) FROM deliveries INDEXED BY deliveries_waiting"
                              "    WHERE next_attempt_at IS NOT NULL AND outgoing_webhook_id > webhook.id)"
                              "  FROM webhook WHERE webhook.id IS NOT NULL) "
                              "SELECT id FROM webhook WHERE id IS NOT NULL");
       rows.next();) {
    webhooks.push_back(rows.id<OutgoingWebhookId>(0));
  }
  return webhooks;
}

// First attempts are due when they are made, so one that is due so late has a time of another clock.
std::int64_t make_first_attempts_due(Tx& tx, const OutgoingWebhookId& webhook, WallTime so_late, WallTime now) {
  return tx.execute(
      "UPDATE deliveries INDEXED BY deliveries_waiting SET next_attempt_at = ? WHERE outgoing_webhook_id = ? AND "
      "is_retry = 0 AND next_attempt_at > ?",
      now, webhook, so_late);
}

}  // namespace

void move_waiting_deliveries(Tx& tx, std::chrono::milliseconds jump, WallTime latest, WallTime now) {
  for (const OutgoingWebhookId& webhook : webhooks_with_waiting_deliveries(tx)) {
    tx.execute(
        "UPDATE deliveries INDEXED BY deliveries_waiting SET next_attempt_at = next_attempt_at + ? WHERE "
        "outgoing_webhook_id = ? AND is_retry = 1 AND next_attempt_at <= ?",
        std::int64_t{jump.count()}, webhook, latest);
    make_first_attempts_due(tx, webhook, now, now);
  }
}

std::size_t bring_forward_waiting_deliveries(Tx& tx, std::span<const std::chrono::milliseconds> waits, WallTime now) {
  std::int64_t moved = 0;
  for (const OutgoingWebhookId& webhook : webhooks_with_waiting_deliveries(tx)) {
    moved += make_first_attempts_due(tx, webhook, now + waits.front(), now);
    for (std::size_t step = 0; step < waits.size(); ++step) {
      const bool last = step + 1 == waits.size();
      moved += tx.execute(
          "UPDATE deliveries INDEXED BY deliveries_waiting SET next_attempt_at = ?1 WHERE outgoing_webhook_id = ?2 AND "
          "is_retry = 1 AND next_attempt_at > ?1 AND retry_step BETWEEN ?3 AND ?4",
          now + waits[step], webhook, step == 0 ? std::int64_t{0} : static_cast<std::int64_t>(step) + 1,
          last ? std::numeric_limits<std::int64_t>::max() : static_cast<std::int64_t>(step) + 1);
    }
  }
  return static_cast<std::size_t>(moved);
}

std::vector<std::pair<OutgoingWebhookId, WallTime>> waiting_webhooks(Tx& tx) {
  std::vector<std::pair<OutgoingWebhookId, WallTime>> result;
  for (OutgoingWebhookId& webhook : webhooks_with_waiting_deliveries(tx)) {
    if (const auto due = earliest(tx, webhook)) result.emplace_back(std::move(webhook), *due);
  }
  return result;
}

}  // namespace crewship
