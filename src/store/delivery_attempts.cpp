// From in flight to what comes next: an outcome, or an attempt of which nobody knows how it ended.
#include <stdexcept>

#include <crewship/store/deliveries.hpp>

#include "activity_counters.hpp"
#include "delivery_rows.hpp"
#include "outgoing_webhooks.hpp"
#include "packing.hpp"
#include "rows.hpp"
#include "waiting_deliveries.hpp"

namespace crewship {
namespace {

constexpr std::size_t max_response_body_bytes = 1024;
constexpr std::string_view interrupted = "the daemon stopped during the attempt, nobody knows whether it arrived";

// Not in the middle of a character.
std::string_view cut(std::string_view text) {
  if (text.size() <= max_response_body_bytes) return text;
  std::size_t end = max_response_body_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

void finish_attempt(Tx& tx, const Attempt& attempt, AttemptStatus status, const std::optional<std::string>& error) {
  const auto duration = attempt.duration.transform([](auto ms) { return std::int64_t{ms.count()}; });
  const auto body = attempt.response_body.transform([](const std::string& text) { return cut(text); });
  const std::string headers = pack_pairs(attempt.request_headers);
  const auto changed = tx.execute(
      "UPDATE attempts SET status = ?, response_status = ?, error = ?, duration_ms = ?, response_body = ?, "
      "request_headers = ? WHERE delivery_id = ? AND number = ? AND status = 'in_flight'",
      to_string(status), attempt.response_status, error, duration, body,
      headers.empty() ? std::nullopt : std::optional(Blob{headers}), attempt.delivery_id, attempt.number);
  if (changed == 0) throw std::logic_error("an attempt that is not in flight was finished: " + attempt.id.text());
}

void end_delivery(Tx& tx, Delivery& delivery, const NextStep& next, WallTime now) {
  delivery.status = next.status;
  delivery.retry_step = next.retry_step;
  delivery.completed_at = now;
  if (next.status == DeliveryStatus::failed) delivery.error = next.delivery_error;
  tx.execute(
      "UPDATE deliveries SET status = ?, retry_step = ?, completed_at = ?, error = ?, redelivery_requested = 0 "
      "WHERE id = ?",
      to_string(delivery.status), delivery.retry_step, now, delivery.error, delivery.id);
}

void retry_delivery(Tx& tx, Delivery& delivery, std::int64_t retry_step, WallTime due) {
  delivery.retry_step = retry_step;
  delivery.next_attempt_at = due;
  tx.execute("UPDATE deliveries SET retry_step = ?, next_attempt_at = ?, redelivery_requested = 0 WHERE id = ?",
             retry_step, due, delivery.id);
}

// A pending delivery that is not in flight any more: due, or ended when its webhook takes no more.
void wait_again(Tx& tx, const OpenDelivery& open, WallTime due) {
  if (open.webhook.state == WebhookState::enabled) {
    tx.execute("UPDATE deliveries SET next_attempt_at = ?, redelivery_requested = 0 WHERE id = ?", due,
               open.delivery.id);
  } else {
    tx.execute(
        "UPDATE deliveries SET status = 'failed', completed_at = ?, error = ?, redelivery_requested = 0 WHERE id = ?",
        due, webhook_not_enabled, open.delivery.id);
    count_ended_deliveries(tx, open.webhook.environment, DeliveryStatus::failed, 1, due);
  }
}

}  // namespace

Delivery record_attempt(Tx& tx, const Attempt& finished,
                        const std::function<NextStep(const Delivery&, bool webhook_enabled)>& decide, WallTime now) {
  std::optional<OpenDelivery> open = read_open_delivery(tx, finished.delivery_id);
  if (!open) throw std::logic_error("an attempt of no delivery was recorded: " + finished.id.text());
  Delivery& delivery = open->delivery;
  const WebhookState state = open->webhook.state;
  const NextStep next = decide(delivery, state == WebhookState::enabled);

  std::optional<std::string> error = finished.error;
  if (!error && !next.error.empty()) error = next.error;
  finish_attempt(tx, finished, finished.status, error);

  if (state == WebhookState::enabled && open->redelivery_requested) {
    retry_delivery(tx, delivery, 0, now);
  } else if (next.status == DeliveryStatus::pending) {
    retry_delivery(tx, delivery, next.retry_step, next.next_attempt_at.value_or(now));
  } else {
    end_delivery(tx, delivery, next, now);
    count_ended_deliveries(tx, open->webhook.environment, delivery.status, 1, now);
  }
  if (finished.status == AttemptStatus::succeeded) {
    forget_failures(tx, delivery.outgoing_webhook_id);
  } else if (state == WebhookState::enabled) {
    note_failed_attempt(tx, delivery.outgoing_webhook_id, error.value_or(""), now);
  }
  return delivery;
}

void release_attempt(Tx& tx, const Attempt& attempt, WallTime now) {
  const std::optional<OpenDelivery> open = read_open_delivery(tx, attempt.delivery_id);
  if (!open) throw std::logic_error("an attempt of no delivery was released: " + attempt.id.text());
  finish_attempt(tx, attempt, AttemptStatus::in_doubt,
                 attempt.error ? attempt.error : std::optional(std::string(interrupted)));
  wait_again(tx, *open, now);
}

std::vector<InterruptedAttempt> release_interrupted_attempts(Tx& tx, WallTime now) {
  std::vector<std::pair<DeliveryId, std::int64_t>> left;
  for (Query rows = tx.select("SELECT id, attempt_count FROM deliveries INDEXED BY deliveries_in_flight "
                              "WHERE status = 'pending' AND next_attempt_at IS NULL");
       rows.next();) {
    left.emplace_back(rows.id<DeliveryId>(0), rows.integer(1));
  }
  std::vector<InterruptedAttempt> released;
  released.reserve(left.size());
  for (const auto& [id, number] : left) {
    tx.execute(
        "UPDATE attempts SET status = 'in_doubt', error = ?, request_headers = NULL WHERE delivery_id = ? AND number = "
        "?",
        interrupted, id, number);
    OpenDelivery open = read_open_delivery(tx, id).value();
    wait_again(tx, open, now);
    released.push_back({std::move(open.delivery), number});
  }
  return released;
}

void end_waiting_deliveries(Tx& tx, const OutgoingWebhookId& webhook, WallTime now) {
  const std::int64_t ended = tx.execute(
      "UPDATE deliveries INDEXED BY deliveries_waiting SET status = 'failed', error = ?, completed_at = ?, "
      "next_attempt_at = NULL WHERE outgoing_webhook_id = ? AND next_attempt_at IS NOT NULL",
      webhook_not_enabled, now, webhook);
  if (const auto target = find_delivery_target(tx, webhook)) {
    count_ended_deliveries(tx, target->environment, DeliveryStatus::failed, ended, now);
  }
  forget_failures(tx, webhook);
}

}  // namespace crewship
