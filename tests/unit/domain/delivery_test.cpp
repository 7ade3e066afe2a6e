// When a delivery succeeds, waits and is given up.
#include <crewship/domain/delivery.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace crewship {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr WallTime now{milliseconds{1'736'936'955'123}};

RetryPolicy default_policy() { return {{5s, 5min, 30min, 2h, 5h, 10h, 10h}, 0.1, 1h}; }

AttemptOutcome answered(int status, std::optional<seconds> retry_after = {}) {
  AttemptOutcome outcome;
  outcome.response_status = status;
  outcome.retry_after = retry_after;
  return outcome;
}

AttemptOutcome no_answer(std::string error) {
  AttemptOutcome outcome;
  outcome.error = std::move(error);
  return outcome;
}

Delivery delivery_at(std::int64_t retry_step) {
  Delivery delivery;
  delivery.retry_step = retry_step;
  return delivery;
}

NextStep step_after(const AttemptOutcome& outcome, std::int64_t retry_step = 0, double jitter = 0) {
  return next_step(delivery_at(retry_step), outcome, true, default_policy(), now, jitter);
}

milliseconds wait_after(const AttemptOutcome& outcome, std::int64_t retry_step = 0, double jitter = 0) {
  const auto next = step_after(outcome, retry_step, jitter);
  EXPECT_EQ(next.status, DeliveryStatus::pending);
  return next.next_attempt_at.value() - now;
}

TEST(NextStep, AnyStatusOf2xxIsSuccess) {
  for (int status = 200; status < 300; ++status) {
    const auto next = step_after(answered(status), 3);
    EXPECT_EQ(next.status, DeliveryStatus::succeeded) << status;
    EXPECT_EQ(next.next_attempt_at, std::nullopt);
    EXPECT_EQ(next.error, "");
    EXPECT_EQ(next.delivery_error, "");
    EXPECT_EQ(next.retry_step, 4);
  }
}

TEST(NextStep, EveryOtherStatusIsTriedAgainBut410) {
  for (int status = 100; status < 600; ++status) {
    if (status / 100 == 2) continue;
    const auto next = step_after(answered(status));
    EXPECT_EQ(next.status, status == 410 ? DeliveryStatus::failed : DeliveryStatus::pending) << status;
    EXPECT_EQ(next.next_attempt_at.has_value(), status != 410) << status;
    EXPECT_EQ(next.delivery_error.empty(), status != 410) << status;
    EXPECT_EQ(next.error.rfind("answered " + std::to_string(status), 0), 0U) << next.error;
  }
}

TEST(NextStep, SaysInWordsWhatHappened) {
  EXPECT_EQ(step_after(answered(500)).error, "answered 500");
  EXPECT_EQ(step_after(answered(400)).error, "answered 400");
  EXPECT_EQ(step_after(answered(404)).error, "answered 404");
  EXPECT_EQ(step_after(answered(300)).error, "answered 300; redirects are not followed");
  EXPECT_EQ(step_after(answered(302)).error, "answered 302; redirects are not followed");
  EXPECT_EQ(step_after(answered(399)).error, "answered 399; redirects are not followed");
  EXPECT_EQ(step_after(answered(410)).error, "answered 410; not tried again");
  EXPECT_EQ(step_after(no_answer("no answer within 30s")).error, "no answer within 30s");
  EXPECT_EQ(step_after(no_answer("")).error, "no answer");
}

TEST(NextStep, AttemptErrorSaysTheSame) {
  for (const auto& outcome : {answered(204), answered(302), answered(410), answered(500), no_answer("refused")}) {
    EXPECT_EQ(attempt_error(outcome), step_after(outcome).error);
  }
}

TEST(NextStep, WaitsAsTheScheduleSaysAndThenGivesUp) {
  const milliseconds expected[] = {5s, 5min, 30min, 2h, 5h, 10h, 10h};
  Delivery delivery;
  for (const auto& wait : expected) {
    const auto next = next_step(delivery, answered(500), true, default_policy(), now, 0);
    EXPECT_EQ(next.status, DeliveryStatus::pending);
    EXPECT_EQ(next.next_attempt_at, now + wait);
    EXPECT_EQ(next.retry_step, delivery.retry_step + 1);
    EXPECT_EQ(next.delivery_error, "");
    delivery.retry_step = next.retry_step;
  }
  const auto last = next_step(delivery, answered(500), true, default_policy(), now, 0);
  EXPECT_EQ(last.status, DeliveryStatus::failed);
  EXPECT_EQ(last.next_attempt_at, std::nullopt);
  EXPECT_EQ(last.error, "answered 500");
  EXPECT_EQ(last.delivery_error, "answered 500");
}

TEST(NextStep, NoAnswerIsTriedAgainLikeAnyOther) {
  EXPECT_EQ(wait_after(no_answer("connection refused"), 1), 5min);
  EXPECT_EQ(step_after(no_answer("connection refused"), 7).status, DeliveryStatus::failed);
}

TEST(NextStep, AScheduleThatBecameShorterEndsIt) {
  EXPECT_EQ(step_after(answered(500), 8).status, DeliveryStatus::failed);
  EXPECT_EQ(step_after(answered(500), std::numeric_limits<int>::max()).status, DeliveryStatus::failed);
  RetryPolicy once;
  EXPECT_EQ(next_step(delivery_at(0), answered(500), true, once, now, 0).status, DeliveryStatus::failed);
}

TEST(NextStep, JitterMovesTheWaitByUpToATenthEitherWay) {
  EXPECT_EQ(wait_after(answered(500), 0, -1), 4500ms);
  EXPECT_EQ(wait_after(answered(500), 0, 0.5), 5250ms);
  EXPECT_EQ(wait_after(answered(500), 3, -0.5), milliseconds{2h} * 95 / 100);
  EXPECT_LE(wait_after(answered(500), 3, 0.999999), milliseconds{2h} * 110 / 100);
  auto policy = default_policy();
  policy.jitter = 0;
  EXPECT_EQ(next_step(delivery_at(0), answered(500), true, policy, now, -1).next_attempt_at, now + 5s);
}

TEST(NextStep, HonoursRetryAfterOf429And503) {
  for (const int status : {429, 503}) {
    EXPECT_EQ(wait_after(answered(status, 120s)), 2min) << status;
    EXPECT_EQ(wait_after(answered(status, 1h)), 1h) << status;
    EXPECT_EQ(wait_after(answered(status)), 5s) << status;
  }
}

TEST(NextStep, RetryAfterOfOtherStatusesIsNotMeantForUs) {
  for (const int status : {301, 400, 413, 500, 502, 504}) EXPECT_EQ(wait_after(answered(status, 120s)), 5s) << status;
}

TEST(NextStep, RetryAfterIsHonouredForAnHourAtMost) {
  EXPECT_EQ(wait_after(answered(503, 3601s)), 1h);
  EXPECT_EQ(wait_after(answered(503, seconds::max())), 1h);
}

TEST(NextStep, RetryAfterNeverShortensTheWait) {
  EXPECT_EQ(wait_after(answered(503, 0s)), 5s);
  EXPECT_EQ(wait_after(answered(429, 10s), 1), 5min);
  EXPECT_EQ(wait_after(answered(429, 5s), 0, 0.5), 5250ms);
  EXPECT_EQ(wait_after(answered(429, 5s), 0, -0.5), 5s);
  EXPECT_EQ(wait_after(answered(503, 48h), 5), 10h);
}

TEST(NextStep, ADisabledWebhookEndsIt) {
  const auto next = next_step(delivery_at(0), answered(503, 120s), false, default_policy(), now, 0);
  EXPECT_EQ(next.status, DeliveryStatus::failed);
  EXPECT_EQ(next.next_attempt_at, std::nullopt);
  EXPECT_EQ(next.error, "answered 503");
  EXPECT_EQ(next.delivery_error, "webhook disabled");
}

TEST(NextStep, WhatArrivedCountsAlthoughTheWebhookWasDisabledMeanwhile) {
  const auto next = next_step(delivery_at(0), answered(200), false, default_policy(), now, 0);
  EXPECT_EQ(next.status, DeliveryStatus::succeeded);
  EXPECT_EQ(next.delivery_error, "");
}

TEST(NextStep, SuccessOnTheLastAttemptIsSuccess) {
  EXPECT_EQ(step_after(answered(204), 7).status, DeliveryStatus::succeeded);
}

TEST(IsSuccess, NeedsAnAnswer) {
  EXPECT_TRUE(is_success(answered(200)));
  EXPECT_TRUE(is_success(answered(299)));
  EXPECT_FALSE(is_success(answered(199)));
  EXPECT_FALSE(is_success(answered(300)));
  EXPECT_FALSE(is_success(no_answer("")));
}

}  // namespace
}  // namespace crewship
