#include "delivery_rows.hpp"

#include "rows.hpp"

namespace crewship {

std::optional<Delivery> read_delivery(Tx& tx, std::string_view id) {
  Query row = tx.select(
      "SELECT outgoing_webhook_id, run_id, event, status, retry_step, error, created_at, next_attempt_at, completed_at "
      "FROM deliveries WHERE id = ?",
      id);
  if (!row.next()) return std::nullopt;
  Delivery delivery;
  delivery.id = DeliveryId::trusted(std::string(id));
  delivery.outgoing_webhook_id = row.id<OutgoingWebhookId>(0);
  delivery.run_id = row.optional_id<RunId>(1);
  delivery.event = known(parse_event_type(row.text(2)));
  delivery.status = known(parse_delivery_status(row.text(3)));
  delivery.retry_step = row.integer(4);
  delivery.error = row.optional_text(5);
  delivery.created_at = row.time(6);
  delivery.next_attempt_at = row.optional_time(7);
  delivery.completed_at = row.optional_time(8);
  return delivery;
}

}  // namespace crewship
