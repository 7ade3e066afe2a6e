// From waiting to in flight. Every question is asked of waiting_deliveries.
#include <limits>

#include <crewship/store/deliveries.hpp>

#include "outgoing_webhooks.hpp"
#include "rows.hpp"
#include "waiting_deliveries.hpp"

namespace crewship {
namespace {

constexpr bool first_attempts = false;
constexpr bool retries = true;

struct DueDelivery {
  Delivery delivery;
  WallTime due;
  std::int64_t attempt_count = 0;
};

void add_due(Tx& tx, const OutgoingWebhookId& webhook, bool is_retry, std::size_t limit, WallTime now,
             std::vector<DueDelivery>& due) {
  Query rows = tx.select(
      "SELECT d.id, d.run_id, d.event, d.retry_step, d.attempt_count, d.created_at, w.due_at, b.body, "
      "d.received_traceparent "
      "FROM waiting_deliveries w CROSS JOIN deliveries d ON d.id = w.delivery_id "
      "CROSS JOIN delivery_bodies b ON b.delivery_id = w.delivery_id "
      "WHERE w.outgoing_webhook_id = ? AND w.is_retry = ? AND w.due_at <= ? ORDER BY w.due_at LIMIT ?",
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
    row.due = rows.time(6);
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
  remove_waiting(tx, {due.delivery.outgoing_webhook_id, due.attempt_count > 0, due.due}, due.delivery.id);
  tx.execute("INSERT INTO attempts_in_flight(delivery_id, number, id, started_at, url) VALUES(?, ?, ?, ?, ?)",
             attempt.delivery_id, attempt.number, attempt.id, attempt.started_at, attempt.url);
  return attempt;
}

std::optional<WallTime> earliest(Tx& tx, const OutgoingWebhookId& webhook) {
  Query row = tx.select(
      "SELECT min(due) FROM ("
      "  SELECT (SELECT due_at FROM waiting_deliveries WHERE outgoing_webhook_id = ?1 AND is_retry = 0"
      "    ORDER BY due_at LIMIT 1) AS due"
      "  UNION ALL"
      "  SELECT (SELECT due_at FROM waiting_deliveries WHERE outgoing_webhook_id = ?1 AND is_retry = 1"
      "    ORDER BY due_at LIMIT 1))",
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
    const std::shared_ptr<const Target> target = due.empty() ? nullptr : find_target(tx, request.outgoing_webhook_id);
    if (target) {
      for (DueDelivery& row : due) {
        Attempt attempt = begin_attempt(tx, row, make_id(), target->url, now);
        result.claimed.push_back({std::move(row.delivery), std::move(attempt), target});
      }
    }
    if (const auto next = earliest(tx, request.outgoing_webhook_id)) {
      result.next_due.emplace_back(request.outgoing_webhook_id, *next);
    }
  }
  return result;
}

namespace {

// Jumps from webhook to webhook, however many deliveries each has.
std::vector<OutgoingWebhookId> webhooks_with_waiting_deliveries(Tx& tx) {
  std::vector<OutgoingWebhookId> webhooks;
  for (Query rows = tx.select("WITH RECURSIVE webhook(id) AS ("
                              "  SELECT min(outgoing_webhook_id) FROM waiting_deliveries"
                              "  UNION ALL"
                              "  SELECT (SELECT min(outgoing_webhook_id) FROM waiting_deliveries"
                              "    WHERE outgoing_webhook_id > webhook.id)"
                              "  FROM webhook WHERE webhook.id IS NOT NULL) "
                              "SELECT id FROM webhook WHERE id IS NOT NULL");
       rows.next();) {
    webhooks.push_back(rows.id<OutgoingWebhookId>(0));
  }
  return webhooks;
}

// First attempts are due when they are made, so one that is due so late has a time of another clock.
std::int64_t make_first_attempts_due(Tx& tx, const OutgoingWebhookId& webhook, WallTime so_late, WallTime now) {
  tx.execute(
      "UPDATE deliveries SET next_attempt_at = ? WHERE id IN (SELECT delivery_id FROM waiting_deliveries WHERE "
      "outgoing_webhook_id = ? AND is_retry = 0 AND due_at > ?)",
      now, webhook, so_late);
  return tx.execute(
      "UPDATE waiting_deliveries SET due_at = ? WHERE outgoing_webhook_id = ? AND is_retry = 0 AND due_at > ?", now,
      webhook, so_late);
}

}  // namespace

void move_waiting_deliveries(Tx& tx, std::chrono::milliseconds jump, WallTime latest, WallTime now) {
  for (const OutgoingWebhookId& webhook : webhooks_with_waiting_deliveries(tx)) {
    const std::int64_t by = jump.count();
    tx.execute(
        "UPDATE deliveries SET next_attempt_at = next_attempt_at + ? WHERE id IN (SELECT delivery_id FROM "
        "waiting_deliveries WHERE outgoing_webhook_id = ? AND is_retry = 1 AND due_at <= ?)",
        by, webhook, latest);
    tx.execute(
        "UPDATE waiting_deliveries SET due_at = due_at + ? WHERE outgoing_webhook_id = ? AND is_retry = 1 AND due_at "
        "<= ?",
        by, webhook, latest);
    make_first_attempts_due(tx, webhook, now, now);
  }
}

std::size_t bring_forward_waiting_deliveries(Tx& tx, std::span<const std::chrono::milliseconds> waits, WallTime now) {
  std::int64_t moved = 0;
  for (const OutgoingWebhookId& webhook : webhooks_with_waiting_deliveries(tx)) {
    moved += make_first_attempts_due(tx, webhook, now + waits.front(), now);
    for (std::size_t step = 0; step < waits.size(); ++step) {
      const bool last = step + 1 == waits.size();
      const std::int64_t from = step == 0 ? std::int64_t{0} : static_cast<std::int64_t>(step) + 1;
      const std::int64_t to = last ? std::numeric_limits<std::int64_t>::max() : static_cast<std::int64_t>(step) + 1;
      tx.execute(
          "UPDATE deliveries SET next_attempt_at = ?1 WHERE id IN (SELECT delivery_id FROM waiting_deliveries WHERE "
          "outgoing_webhook_id = ?2 AND is_retry = 1 AND due_at > ?1) AND retry_step BETWEEN ?3 AND ?4",
          now + waits[step], webhook, from, to);
      moved += tx.execute(
          "UPDATE waiting_deliveries SET due_at = ?1 WHERE outgoing_webhook_id = ?2 AND is_retry = 1 AND due_at > ?1 "
          "AND (SELECT retry_step FROM deliveries WHERE id = delivery_id) BETWEEN ?3 AND ?4",
          now + waits[step], webhook, from, to);
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
