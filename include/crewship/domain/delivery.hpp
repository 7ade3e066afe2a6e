// A delivery, its attempts, and the only place that decides when one is retried or given up. Pure: no clock, no I/O.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <crewship/domain/model.hpp>
#include <crewship/domain/run.hpp>

namespace crewship {

enum class DeliveryStatus { pending, succeeded, failed };
std::string_view to_string(DeliveryStatus status);
std::optional<DeliveryStatus> parse_delivery_status(std::string_view text);

// in_flight: the request is being made. in_doubt: the daemon ended during the attempt, nobody knows whether it arrived.
enum class AttemptStatus { in_flight, succeeded, failed, in_doubt };
std::string_view to_string(AttemptStatus status);
std::optional<AttemptStatus> parse_attempt_status(std::string_view text);

struct Attempt {
  AttemptId id;
  DeliveryId delivery_id;
  std::int64_t number = 0;  // 1, 2, 3 … within its delivery, redeliveries included
  AttemptStatus status = AttemptStatus::in_flight;
  std::optional<int> response_status;
  std::optional<std::string> error;  // in words; none when succeeded
  WallTime started_at;
  std::optional<std::chrono::milliseconds> duration;
  std::optional<std::string> response_body;  // its first KiB, valid UTF-8
  std::optional<std::string> url{};          // where it went, as the webhook had it then
  TextPairs request_headers{};               // as sent, but secret values masked
};

struct Delivery {
  DeliveryId id;
  OutgoingWebhookId outgoing_webhook_id;
  std::optional<RunId> run_id;  // none for webhook.test
  EventType event = EventType::run_succeeded;
  DeliveryStatus status = DeliveryStatus::pending;
  std::string body;  // sent byte for byte on every attempt
  // Attempts of the retry schedule that are used up; redelivery starts again at 0.
  std::int64_t retry_step = 0;
  std::optional<std::string> error;  // why it was given up, when failed
  WallTime created_at;
  std::optional<WallTime> next_attempt_at;  // only while pending
  std::optional<WallTime> completed_at;
  std::string received_traceparent{};  // its run's; see trace_context.hpp
};

// What one HTTP request came to, as the sender saw it.
struct AttemptOutcome {
  std::optional<int> response_status;  // none: no answer
  std::string error;                   // in words when there was no usable answer; empty otherwise
  std::string response_body;           // first bytes, any encoding
  std::chrono::milliseconds duration{};
  std::optional<std::chrono::seconds> retry_after;
  TextPairs request_headers{};  // what was sent, secret values masked
};

struct RetryPolicy {
  std::vector<std::chrono::milliseconds> schedule;  // waiting time before the 2nd, 3rd … attempt
  double jitter = 0.1;                              // ± this share
  std::chrono::seconds retry_after_limit = std::chrono::hours(1);
};

struct NextStep {
  DeliveryStatus status = DeliveryStatus::pending;
  std::int64_t retry_step = 0;
  std::optional<WallTime> next_attempt_at;  // when pending
  std::string error;                        // of the attempt, in words; empty when succeeded
  std::string delivery_error;               // why the delivery is given up; empty unless failed
};

// 2xx succeeds. 410 ends it at once. Everything else waits for the next step of the schedule, or at least as long as
// Retry-After on 429 and 503 asks (up to the limit), or is failed when the schedule is used up or the webhook is no
// longer enabled. `jitter` is uniform in [-1, 1).
NextStep next_step(const Delivery& delivery, const AttemptOutcome& outcome, bool webhook_enabled,
                   const RetryPolicy& policy, WallTime now, double jitter);

// How long a delivery waits at most after its n-th failure (the n-th entry), and after any.
std::vector<std::chrono::milliseconds> longest_waits(const RetryPolicy& policy);
std::chrono::milliseconds longest_wait(const RetryPolicy& policy);

bool is_success(const AttemptOutcome& outcome);
// What is recorded as the attempt's error, and what NextStep carries: "answered 500"; empty when it succeeded.
std::string attempt_error(const AttemptOutcome& outcome);

// Retry-After, seconds or an HTTP date (RFC 9110 §10.2.3, all three date forms). Nothing when it is neither; a date in
// the past is zero.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, WallTime now);

// The body of a run's event; the result is a fixed point of JavaScript's JSON.stringify(JSON.parse(…)). An output whose
// JavaScript text is over `output_limit_bytes` is left out and output_url points at the run.
std::string run_event_body(const Run& run, EventType event, std::size_t output_limit_bytes,
                           std::string_view public_url);
std::string test_event_body(OutgoingWebhookId webhook, DeploymentId deployment, WallTime now);

}  // namespace crewship
