// Deliveries as rows: made, found, counted.
#include <crewship/store/deliveries.hpp>

#include <crewship/base/fault_point.hpp>

#include "delivery_rows.hpp"
#include "outgoing_webhooks.hpp"
#include "packing.hpp"
#include "rows.hpp"
#include "waiting_deliveries.hpp"

namespace crewship {

void insert_delivery(Tx& tx, const Delivery& delivery) {
  tx.execute(
      "INSERT INTO deliveries(id, outgoing_webhook_id, run_id, event, status, retry_step, attempt_count, "
      "redelivery_requested, created_at, next_attempt_at, completed_at, error, received_traceparent) VALUES(?, ?, ?, "
      "?, ?, ?, 0, 0, ?, ?, ?, ?, ?)",
      delivery.id, delivery.outgoing_webhook_id, delivery.run_id, to_string(delivery.event), to_string(delivery.status),
      delivery.retry_step, delivery.created_at, delivery.next_attempt_at, delivery.completed_at, delivery.error,
      delivery.received_traceparent.empty() ? std::nullopt
                                            : std::optional<std::string_view>(delivery.received_traceparent));
  tx.execute("INSERT INTO delivery_bodies(delivery_id, body) VALUES(?, ?)", delivery.id, delivery.body);
  if (delivery.next_attempt_at) {
    insert_waiting(tx, {delivery.outgoing_webhook_id, false, *delivery.next_attempt_at}, delivery.id);
  }
}

std::vector<NewDelivery> insert_deliveries_for_run(Tx& tx, const Run& run, EventType event,
                                                   const std::function<DeliveryId()>& make_id,
                                                   const std::function<std::string()>& body, WallTime now) {
  if (is_mutant("deliveries_apart")) {
    for (const Sql sql : {Sql("COMMIT"), Sql("BEGIN IMMEDIATE"), Sql("SAVEPOINT job")}) tx.execute(sql);
  }
  std::vector<NewDelivery> made;
  Delivery delivery;
  for (const OutgoingWebhookId& webhook : subscribers(tx, run.deployment_id, run.environment, event)) {
    if (made.empty()) {
      delivery.run_id = run.id;
      delivery.event = event;
      delivery.body = body();
      delivery.created_at = now;
      delivery.next_attempt_at = now;
      delivery.received_traceparent = run.received_traceparent;
    }
    delivery.id = make_id();
    delivery.outgoing_webhook_id = webhook;
    insert_delivery(tx, delivery);
    made.push_back({delivery.id, webhook});
  }
  return made;
}

std::optional<Delivery> find_delivery(Tx& tx, const DeliveryId& id) {
  std::optional<Delivery> delivery = read_delivery(tx, id.text());
  if (delivery) {
    Query row = tx.select("SELECT body FROM delivery_bodies WHERE delivery_id = ?", id);
    if (row.next()) delivery->body = row.text(0);
  }
  return delivery;
}

std::vector<Attempt> list_attempts(Tx& tx, const DeliveryId& id) {
  Query rows = tx.select(
      "SELECT id, number, status, response_status, error, started_at, duration_ms, response_body, url, "
      "request_headers FROM attempts "
      "WHERE delivery_id = ? ORDER BY number",
      id);
  std::vector<Attempt> attempts;
  while (rows.next()) {
    Attempt attempt;
    attempt.id = rows.id<AttemptId>(0);
    attempt.delivery_id = id;
    attempt.number = rows.integer(1);
    attempt.status = known(parse_attempt_status(rows.text(2)));
    attempt.response_status =
        rows.optional_integer(3).transform([](std::int64_t code) { return static_cast<int>(code); });
    attempt.error = rows.optional_text(4);
    attempt.started_at = rows.time(5);
    attempt.duration =
        rows.optional_integer(6).transform([](std::int64_t ms) { return std::chrono::milliseconds(ms); });
    attempt.response_body = rows.optional_text(7);
    attempt.url = rows.optional_text(8);
    if (const auto headers = rows.optional_text(9)) attempt.request_headers = unpack_pairs(*headers);
    attempts.push_back(std::move(attempt));
  }
  if (auto attempt = read_attempt_in_flight(tx, id)) attempts.push_back(*std::move(attempt));
  return attempts;
}

DeliveryCounts delivery_counts(Tx& tx) {
  DeliveryCounts counts;
  {
    // 100,000 rows take a few milliseconds.
    Query row = tx.select(
        "SELECT (SELECT count(*) FROM attempts_in_flight) + (SELECT count(*) FROM (SELECT 1 FROM waiting_deliveries "
        "LIMIT 100000))");
    row.next();
    counts.waiting = row.integer(0);
  }
  // The oldest of each webhook, which its stretch of the index begins with; ids grow with time.
  Query row = tx.select(
      "WITH RECURSIVE webhook(id) AS ("
      "  SELECT min(outgoing_webhook_id) FROM deliveries"
      "  UNION ALL"
      "  SELECT (SELECT min(outgoing_webhook_id) FROM deliveries WHERE outgoing_webhook_id > webhook.id)"
      "  FROM webhook WHERE webhook.id IS NOT NULL) "
      "SELECT min((SELECT created_at FROM deliveries INDEXED BY deliveries_of_webhook"
      "  WHERE outgoing_webhook_id = webhook.id AND status = 'pending' ORDER BY id LIMIT 1)) "
      "FROM webhook WHERE webhook.id IS NOT NULL");
  row.next();
  counts.oldest_waiting_since = row.optional_time(0);
  return counts;
}

}  // namespace crewship
