#include <crewship/domain/delivery.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "words.hpp"

namespace crewship {
namespace {

constexpr std::array delivery_words{
    Word{DeliveryStatus::pending, "pending"},
    Word{DeliveryStatus::succeeded, "succeeded"},
    Word{DeliveryStatus::failed, "failed"},
};

constexpr std::array attempt_words{
    Word{AttemptStatus::in_flight, "in_flight"},
    Word{AttemptStatus::succeeded, "succeeded"},
    Word{AttemptStatus::failed, "failed"},
    Word{AttemptStatus::in_doubt, "in_doubt"},
};

constexpr int status_gone = 410;
constexpr int status_too_many_requests = 429;
constexpr int status_service_unavailable = 503;

std::chrono::milliseconds waiting_time(std::chrono::milliseconds step, const AttemptOutcome& outcome,
                                       const RetryPolicy& policy, double jitter) {
  const auto spread = static_cast<double>(step.count()) * (1.0 + policy.jitter * jitter);
  std::chrono::milliseconds wait{std::llround(spread)};
  const auto status = outcome.response_status.value_or(0);
  const bool may_ask = status == status_too_many_requests || status == status_service_unavailable;
  if (may_ask && outcome.retry_after) {
    wait = std::max<std::chrono::milliseconds>(wait, std::min(*outcome.retry_after, policy.retry_after_limit));
  }
  return wait;
}

}  // namespace

std::string_view to_string(DeliveryStatus status) { return word_of(delivery_words, status); }
std::optional<DeliveryStatus> parse_delivery_status(std::string_view text) { return value_of(delivery_words, text); }

std::string_view to_string(AttemptStatus status) { return word_of(attempt_words, status); }
std::optional<AttemptStatus> parse_attempt_status(std::string_view text) { return value_of(attempt_words, text); }

bool is_success(const AttemptOutcome& outcome) {
  return outcome.response_status && *outcome.response_status >= 200 && *outcome.response_status < 300;
}

std::string attempt_error(const AttemptOutcome& outcome) {
  if (is_success(outcome)) return {};
  if (!outcome.response_status) return outcome.error.empty() ? "no answer" : outcome.error;
  const int status = *outcome.response_status;
  auto text = "answered " + std::to_string(status);
  if (status >= 300 && status < 400) text += "; redirects are not followed";
  if (status == status_gone) text += "; not tried again";
  return text;
}

std::vector<std::chrono::milliseconds> longest_waits(const RetryPolicy& policy) {
  const std::chrono::milliseconds asked = policy.retry_after_limit;
  std::vector<std::chrono::milliseconds> waits;
  waits.reserve(policy.schedule.size());
  for (const auto step : policy.schedule) waits.push_back(std::max(waiting_time(step, {}, policy, 1.0), asked));
  if (waits.empty()) waits.push_back(asked);
  return waits;
}

std::chrono::milliseconds longest_wait(const RetryPolicy& policy) { return std::ranges::max(longest_waits(policy)); }

NextStep next_step(const Delivery& delivery, const AttemptOutcome& outcome, bool webhook_enabled,
                   const RetryPolicy& policy, WallTime now, double jitter) {
  NextStep next;
  next.retry_step = delivery.retry_step + 1;
  if (is_success(outcome)) {
    next.status = DeliveryStatus::succeeded;
    return next;
  }
  next.error = attempt_error(outcome);
  const bool gone = outcome.response_status == status_gone;
  // The schedule may have become shorter while the delivery waited.
  const bool used_up = !std::cmp_less(delivery.retry_step, policy.schedule.size());
  if (!webhook_enabled || gone || used_up) {
    next.status = DeliveryStatus::failed;
    next.delivery_error = webhook_enabled ? next.error : "webhook disabled";
    return next;
  }
  const auto step = policy.schedule[static_cast<std::size_t>(std::max<std::int64_t>(delivery.retry_step, 0))];
  next.next_attempt_at = now + waiting_time(step, outcome, policy, jitter);
  return next;
}

}  // namespace crewship
