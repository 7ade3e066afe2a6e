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
  if (tx.execute("DELETE FROM attempts_in_flight WHERE delivery_id = ? AND number = ?", attempt.delivery_id,
                 attempt.number) == 0) {
    throw std::logic_error("an attempt that is not in flight was finished: " + attempt.id.text());
  }
  const auto duration = attempt.duration.transform([](auto ms) { return std::int64_t{ms.count()}; });
  const auto body = attempt.response_body.transform([](const std::string& text) { return cut(text); });
  const std::string headers = pack_pairs(attempt.request_headers);
  tx.execute(
      "INSERT INTO attempts(delivery_id, number, id, status, started_at, duration_ms, response_status, error, "
      "response_body, url, request_headers) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      attempt.delivery_id, attempt.number, attempt.id, to_string(status), attempt.started_at, duration,
      attempt.response_status, error, body, attempt.url, headers.empty() ? std::nullopt : std::optional(Blob{headers}));
}

void end_delivery(Tx& tx, Delivery& delivery, std::int64_t attempt_count, const NextStep& next, WallTime now) {
  delivery.status = next.status;
  delivery.retry_step = next.retry_step;
  delivery.completed_at = now;
  if (next.status == DeliveryStatus::failed) delivery.error = next.delivery_error;
  tx.execute(
      "UPDATE deliveries SET status = ?, retry_step = ?, attempt_count = ?, next_attempt_at = NULL, completed_at = ?, "
      "error = ?, redelivery_requested = 0 WHERE id = ?",
      to_string(delivery.status), delivery.retry_step, attempt_count, now, delivery.error, delivery.id);
}

void retry_delivery(Tx& tx, Delivery& delivery, std::int64_t attempt_count, std::int64_t retry_step, WallTime due) {
  delivery.retry_step = retry_step;
  delivery.next_attempt_at = due;
  tx.execute(
      "UPDATE deliveries SET retry_step = ?, attempt_count = ?, next_attempt_at = ?, redelivery_requested = 0 WHERE id "
      "= ?",
      retry_step, attempt_count, due, delivery.id);
  insert_waiting(tx, {delivery.outgoing_webhook_id, true, due}, delivery.id);
}

// A pending delivery that is not in flight any more: due, or ended when its webhook takes no more.
void wait_again(Tx& tx, OpenDelivery& open, std::int64_t attempt_count, WallTime due) {
  Delivery& delivery = open.delivery;
  if (open.webhook.state == WebhookState::enabled) {
    retry_delivery(tx, delivery, attempt_count, delivery.retry_step, due);
  } else {
    const NextStep end{DeliveryStatus::failed, delivery.retry_step, {}, {}, std::string(webhook_not_enabled)};
    end_delivery(tx, delivery, attempt_count, end, due);
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
    retry_delivery(tx, delivery, finished.number, 0, now);
  } else if (next.status == DeliveryStatus::pending) {
    retry_delivery(tx, delivery, finished.number, next.retry_step, next.next_attempt_at.value_or(now));
  } else {
    end_delivery(tx, delivery, finished.number, next, now);
    count_ended_deliveries(tx, open->webhook.environment, delivery.status, 1, now);
  }
  if (finished.status == AttemptStatus::succeeded) {
    forget_failures(tx, delivery.outgoing_webhook_id);
  } else if (state == WebhookState::enabled) {
    note_failed_attempt(tx, delivery.outgoing_webhook_id, error.value_or(""), now);
  }
  return delivery;
}

Delivery release_attempt(Tx& tx, const Attempt& attempt, WallTime now) {
  std::optional<OpenDelivery> open = read_open_delivery(tx, attempt.delivery_id);
  if (!open) throw std::logic_error("an attempt of no delivery was released: " + attempt.id.text());
  finish_attempt(tx, attempt, AttemptStatus::in_doubt,
                 attempt.error ? attempt.error : std::optional(std::string(interrupted)));
  wait_again(tx, *open, attempt.number, now);
  return std::move(open->delivery);
}

std::vector<InterruptedAttempt> release_interrupted_attempts(Tx& tx, WallTime now) {
  std::vector<InterruptedAttempt> released;
  for (const Attempt& attempt : read_attempts_in_flight(tx)) {
    released.push_back({release_attempt(tx, attempt, now), attempt.number});
  }
  return released;
}

}  // namespace crewship
