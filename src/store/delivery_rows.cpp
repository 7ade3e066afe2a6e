#include "delivery_rows.hpp"

#include "rows.hpp"

namespace crewship {
namespace {

// Both statements select these columns first.
Delivery read_columns(const Query& row) {
  Delivery delivery;
  delivery.id = row.id<DeliveryId>(0);
  delivery.outgoing_webhook_id = row.id<OutgoingWebhookId>(1);
  delivery.run_id = row.optional_id<RunId>(2);
  delivery.event = known(parse_event_type(row.text(3)));
  delivery.status = known(parse_delivery_status(row.text(4)));
  delivery.retry_step = row.integer(5);
  delivery.error = row.optional_text(6);
  delivery.created_at = row.time(7);
  delivery.next_attempt_at = row.optional_time(8);
  delivery.completed_at = row.optional_time(9);
  return delivery;
}

}  // namespace

std::optional<Delivery> read_delivery(Tx& tx, std::string_view id) {
  Query row = tx.select(
      "SELECT id, outgoing_webhook_id, run_id, event, status, retry_step, error, created_at, next_attempt_at, "
      "completed_at "
      "FROM deliveries WHERE id = ?",
      id);
  if (!row.next()) return std::nullopt;
  return read_columns(row);
}

std::optional<OpenDelivery> read_open_delivery(Tx& tx, const DeliveryId& id) {
  Query row = tx.select(
      "SELECT id, outgoing_webhook_id, run_id, event, status, retry_step, error, created_at, next_attempt_at, "
      "completed_at, redelivery_requested FROM deliveries WHERE id = ?",
      id);
  if (!row.next()) return std::nullopt;
  OpenDelivery open{read_columns(row), row.boolean(10), {}};
  open.webhook = find_receiver(tx, open.delivery.outgoing_webhook_id).value();
  return open;
}

}  // namespace crewship
