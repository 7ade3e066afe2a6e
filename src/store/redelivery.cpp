// Asking for deliveries again: one, or all that failed.
#include <limits>

#include <crewship/store/deliveries.hpp>

#include "delivery_rows.hpp"
#include "outgoing_webhooks.hpp"
#include "waiting_deliveries.hpp"

namespace crewship {
namespace {

// Precondition: it is not in flight.
void deliver_again(Tx& tx, const DeliveryId& id, WallTime now) {
  OutgoingWebhookId webhook;
  bool is_retry = false;
  std::optional<WallTime> due;
  {
    Query row =
        tx.select("SELECT outgoing_webhook_id, attempt_count > 0, next_attempt_at FROM deliveries WHERE id = ?", id);
    row.next();
    webhook = row.id<OutgoingWebhookId>(0);
    is_retry = row.boolean(1);
    due = row.optional_time(2);
  }
  if (due) remove_waiting(tx, {webhook, is_retry, *due}, id);
  tx.execute(
      "UPDATE deliveries SET status = 'pending', next_attempt_at = ?, retry_step = 0, completed_at = NULL, error = "
      "NULL "
      "WHERE id = ?",
      now, id);
  insert_waiting(tx, {webhook, is_retry, now}, id);
}

}  // namespace

RedeliverResult redeliver(Tx& tx, const DeliveryId& id, WallTime now) {
  const std::optional<Delivery> delivery = read_delivery(tx, id.text());
  if (!delivery) return RedeliverResult::not_found;
  if (outgoing_webhook_state(tx, delivery->outgoing_webhook_id) != WebhookState::enabled) {
    return RedeliverResult::webhook_not_enabled;
  }
  const bool in_flight = delivery->status == DeliveryStatus::pending && !delivery->next_attempt_at;
  if (in_flight) {
    tx.execute("UPDATE deliveries SET redelivery_requested = 1 WHERE id = ?", id);
  } else {
    deliver_again(tx, id, now);
  }
  return RedeliverResult::accepted;
}

std::int64_t count_failed_deliveries(Tx& tx, const OutgoingWebhookId& webhook, WallTime since) {
  Query row = tx.select(
      "SELECT count(*) FROM deliveries INDEXED BY deliveries_of_webhook WHERE outgoing_webhook_id = ? AND status = "
      "'failed' AND created_at >= ?",
      webhook, since);
  row.next();
  return row.integer(0);
}

RecoverStep recover_failed_deliveries(Tx& tx, const OutgoingWebhookId& webhook, WallTime since, WallTime now,
                                      std::size_t limit, const std::optional<DeliveryId>& after) {
  std::vector<DeliveryId> failed;
  const DeliveryId first = after.value_or(DeliveryId());
  for (Query rows = tx.select("SELECT id FROM deliveries INDEXED BY deliveries_of_webhook WHERE outgoing_webhook_id = "
                              "? AND status = 'failed' "
                              "AND id > ? AND created_at >= ? ORDER BY id LIMIT ?",
                              webhook, first, since, limit);
       rows.next();) {
    failed.push_back(rows.id<DeliveryId>(0));
  }
  for (const DeliveryId& id : failed) deliver_again(tx, id, now);
  RecoverStep step{failed.size(), std::nullopt};
  if (failed.size() == limit) step.next = failed.back();
  return step;
}

std::size_t recover_failed_deliveries(Tx& tx, const OutgoingWebhookId& webhook, WallTime since, WallTime now) {
  return recover_failed_deliveries(tx, webhook, since, now, std::numeric_limits<std::int64_t>::max(), std::nullopt)
      .recovered;
}

}  // namespace crewship
