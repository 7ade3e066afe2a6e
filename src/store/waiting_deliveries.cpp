#include "waiting_deliveries.hpp"

#include <stdexcept>

#include <crewship/store/deliveries.hpp>

#include "activity_counters.hpp"
#include "outgoing_webhooks.hpp"

namespace crewship {

void insert_waiting(Tx& tx, const WaitingPlace& place, const DeliveryId& id) {
  tx.execute("INSERT INTO waiting_deliveries(outgoing_webhook_id, is_retry, due_at, delivery_id) VALUES(?, ?, ?, ?)",
             place.outgoing_webhook_id, place.is_retry, place.due, id);
}

void remove_waiting(Tx& tx, const WaitingPlace& place, const DeliveryId& id) {
  const auto removed = tx.execute(
      "DELETE FROM waiting_deliveries WHERE outgoing_webhook_id = ? AND is_retry = ? AND due_at = ? AND delivery_id = "
      "?",
      place.outgoing_webhook_id, place.is_retry, place.due, id);
  if (removed == 0) throw std::logic_error("a delivery that does not wait was taken: " + id.text());
}

void end_waiting_deliveries(Tx& tx, const OutgoingWebhookId& webhook, WallTime now) {
  tx.execute(
      "UPDATE deliveries SET status = 'failed', error = ?, completed_at = ?, next_attempt_at = NULL WHERE id IN "
      "(SELECT delivery_id FROM waiting_deliveries WHERE outgoing_webhook_id = ?)",
      webhook_not_enabled, now, webhook);
  const std::int64_t ended = tx.execute("DELETE FROM waiting_deliveries WHERE outgoing_webhook_id = ?", webhook);
  if (const auto target = find_delivery_target(tx, webhook)) {
    count_ended_deliveries(tx, target->environment, DeliveryStatus::failed, ended, now);
  }
  forget_failures(tx, webhook);
}

}  // namespace crewship
