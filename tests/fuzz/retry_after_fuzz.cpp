// Retry-After from strangers: never negative, never an overflow, and digits are what they say.
#include <algorithm>
#include <charconv>
#include <chrono>

#include <crewship/domain/delivery.hpp>

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace crewship;
  using fuzzing::require;
  const auto text = fuzzing::text_of(data, size);
  for (const auto now :
       {WallTime{}, WallTime{std::chrono::seconds(1736937000)}, WallTime{std::chrono::hours(24 * 365 * 200)}}) {
    const auto wait = parse_retry_after(text, now);
    if (wait) require(wait->count() >= 0, "no waiting time is negative");
    const bool digits = size > 0 && size < 9 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) continue;
    long seconds = 0;
    std::from_chars(text.data(), text.data() + size, seconds);
    require(wait && wait->count() == seconds, "digits are seconds");
    AttemptOutcome outcome;
    outcome.response_status = 503;
    outcome.retry_after = wait;
    Delivery delivery;
    const RetryPolicy policy{.schedule = {std::chrono::seconds(5)}};
    const NextStep step = next_step(delivery, outcome, true, policy, now, 0.5);
    require(step.next_attempt_at && *step.next_attempt_at >= now &&
                *step.next_attempt_at <= now + policy.retry_after_limit + std::chrono::seconds(6),
            "nobody makes us wait longer than the limit");
  }
  return 0;
}
