#include "delivery_rows.hpp"

#include "rows.hpp"

namespace crewship {
namespace {

// Both statements about deliveries select these columns first. One that is in flight is due at no time.
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

// Both statements about attempts select these columns.
Attempt read_attempt(const Query& row) {
  Attempt attempt;
  attempt.delivery_id = row.id<DeliveryId>(0);
  attempt.number = row.integer(1);
  attempt.id = row.id<AttemptId>(2);
  attempt.started_at = row.time(3);
  attempt.url = row.optional_text(4);
  return attempt;
}

}  // namespace

std::optional<Delivery> read_delivery(Tx& tx, std::string_view id) {
  Query row = tx.select(
      "SELECT d.id, d.outgoing_webhook_id, d.run_id, d.event, d.status, d.retry_step, d.error, d.created_at, "
      "CASE WHEN a.delivery_id IS NULL THEN d.next_attempt_at END, d.completed_at "
      "FROM deliveries d LEFT JOIN attempts_in_flight a ON a.delivery_id = d.id WHERE d.id = ?",
      id);
  if (!row.next()) return std::nullopt;
  return read_columns(row);
}

std::optional<OpenDelivery> read_open_delivery(Tx& tx, const DeliveryId& id) {
  Query row = tx.select(
      "SELECT id, outgoing_webhook_id, run_id, event, status, retry_step, error, created_at, NULL, completed_at, "
      "redelivery_requested FROM deliveries WHERE id = ?",
      id);
  if (!row.next()) return std::nullopt;
  OpenDelivery open{read_columns(row), row.boolean(10), {}};
  open.webhook = *find_receiver(tx, open.delivery.outgoing_webhook_id);
  return open;
}

std::vector<Attempt> read_attempts_in_flight(Tx& tx) {
  std::vector<Attempt> attempts;
  Query rows = tx.select("SELECT delivery_id, number, id, started_at, url FROM attempts_in_flight");
  while (rows.next()) attempts.push_back(read_attempt(rows));
  return attempts;
}

std::optional<Attempt> read_attempt_in_flight(Tx& tx, const DeliveryId& id) {
  Query row =
      tx.select("SELECT delivery_id, number, id, started_at, url FROM attempts_in_flight WHERE delivery_id = ?", id);
  return row.next() ? std::optional(read_attempt(row)) : std::nullopt;
}

}  // namespace crewship
