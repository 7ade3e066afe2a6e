// What becomes of a delivery after each answer, and exactly when it is tried again.
#include <cmath>

#include "dispatcher_fixture.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;
using testing::Not;

class DispatcherRetries : public DispatcherTest {
 protected:
  void answer_always(AttemptOutcome outcome) {
    sender.answer = [outcome = std::move(outcome)](const ClaimedDelivery&) { return outcome; };
  }
  std::chrono::milliseconds until_next_attempt(const DeliveryId& id) {
    return delivery(id).next_attempt_at.value() - clock.now();
  }
};

TEST_F(DispatcherRetries, ASuccessIsTheEnd) {
  start();
  const auto id = new_due_delivery();
  settle();
  EXPECT_EQ(sent(), 1U);
  const ClaimedDelivery& request = sender.requests.front().claimed;
  EXPECT_EQ(request.target->url, "https://example.com/hook");
  EXPECT_EQ(request.target->secret, "whsec_secret");
  EXPECT_EQ(request.delivery.body, R"({"event":"run.succeeded"})");

  EXPECT_EQ(status(id), DeliveryStatus::succeeded);
  const auto all = attempts(id);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].id, request.attempt.id);
  EXPECT_EQ(all[0].number, 1);
  EXPECT_EQ(all[0].status, AttemptStatus::succeeded);
  EXPECT_EQ(all[0].response_status, 200);
  EXPECT_EQ(all[0].error, std::nullopt);
  EXPECT_EQ(all[0].duration, 7ms);
  EXPECT_EQ(clock.until_next(), idle);
  EXPECT_TRUE(log.has_line("delivery succeeded", id.text(), webhook.text(), "attempt=1", "status=200"));
}

TEST_F(DispatcherRetries, TheWholeScheduleIsWalkedToTheMillisecondThenItFails) {
  answer_always(answered(500));
  start();
  const auto id = new_due_delivery();
  settle();
  FixedRandom same_jitter{jitter_seed};
  std::size_t attempt = 1;
  for (const auto step : options.retry.schedule) {
    ASSERT_EQ(sent(), attempt);
    EXPECT_EQ(attempts(id).back().started_at, clock.now());
    EXPECT_EQ(attempts(id).back().error, "answered 500");
    const double spread = 1.0 + 0.1 * same_jitter.symmetric();
    const std::chrono::milliseconds wait{std::llround(static_cast<double>(step.count()) * spread)};
    ASSERT_EQ(until_next_attempt(id), wait);
    advance(wait - 1ms);
    EXPECT_EQ(sent(), attempt) << "a millisecond too early";
    advance(1ms);
    ++attempt;
  }
  EXPECT_EQ(sent(), 8U);
  EXPECT_EQ(status(id), DeliveryStatus::failed);
  EXPECT_EQ(delivery(id).error, "answered 500");
  EXPECT_EQ(delivery(id).completed_at, clock.now());
  EXPECT_EQ(clock.until_next(), idle);
  for (const auto& request : sender.requests) {
    EXPECT_EQ(request.claimed.delivery.id, id);
    EXPECT_EQ(request.claimed.delivery.body, R"({"event":"run.succeeded"})");
  }
  EXPECT_TRUE(log.has_line("delivery attempt failed", id.text(), "attempt=7", "next_attempt_at=2025-"));
  EXPECT_TRUE(log.has_line("delivery failed", id.text(), "attempt=8", "answered 500"));
}

TEST_F(DispatcherRetries, NoAnswerIsTriedAgainAsAnyOtherFailure) {
  AttemptOutcome refused;
  refused.error = "connection refused";
  answer_always(refused);
  start();
  const auto id = new_due_delivery();
  settle();
  EXPECT_EQ(status(id), DeliveryStatus::pending);
  EXPECT_EQ(attempts(id).back().error, "connection refused");
  EXPECT_EQ(attempts(id).back().response_status, std::nullopt);
  EXPECT_EQ(attempts(id).back().response_body, std::nullopt);
  answer_always(answered(204));
  advance(6s);
  EXPECT_EQ(status(id), DeliveryStatus::succeeded);
}

TEST_F(DispatcherRetries, GoneIsNotTriedAgain) {
  answer_always(answered(410));
  start();
  const auto id = new_due_delivery();
  settle();
  EXPECT_EQ(status(id), DeliveryStatus::failed);
  EXPECT_EQ(delivery(id).error, "answered 410; not tried again");
  EXPECT_EQ(clock.until_next(), idle);
}

TEST_F(DispatcherRetries, RetryAfterIsHonouredUpToAnHour) {
  options.retry.jitter = 0;
  start();
  struct Case {
    int status;
    std::chrono::seconds asked;
    std::chrono::milliseconds wait;
  };
  for (const Case& c :
       {Case{429, 60s, 60s}, Case{503, 60s, 60s}, Case{503, 2h, 1h}, Case{503, 1s, 5s}, Case{500, 60s, 5s}}) {
    auto outcome = answered(c.status);
    outcome.retry_after = c.asked;
    answer_always(outcome);
    const auto id = new_due_delivery();
    settle();
    EXPECT_EQ(until_next_attempt(id), c.wait) << c.status;
  }
}

TEST_F(DispatcherRetries, TheFirstKibibyteOfTheAnswerIsKeptAsText) {
  auto outcome = answered(500);
  outcome.response_body = std::string(1023, 'x') + "☂" + std::string(100, 'y');
  answer_always(outcome);
  start();
  const auto cut = new_due_delivery();
  settle();
  EXPECT_EQ(attempts(cut).back().response_body, std::string(1023, 'x'));

  outcome.response_body = std::string(1021, 'x') + "😀";
  answer_always(outcome);
  const auto nearly_whole = new_due_delivery();
  settle();
  EXPECT_EQ(attempts(nearly_whole).back().response_body, std::string(1021, 'x'));

  outcome.response_body = "\xff<html>";
  answer_always(outcome);
  const auto invalid = new_due_delivery();
  settle();
  EXPECT_EQ(attempts(invalid).back().response_body, "\uFFFD<html>");
}

TEST_F(DispatcherRetries, AScheduleThatIsReplacedCountsFromTheNextAttempt) {
  answer_always(answered(500));
  start();
  const auto id = new_due_delivery();
  settle();
  options.retry = {.schedule = {1h, 3h}, .jitter = 0};
  dispatcher->reconfigure(options);
  advance(6s);
  EXPECT_EQ(sent(), 2U);
  EXPECT_EQ(until_next_attempt(id), 3h);
}

TEST_F(DispatcherRetries, RedeliveryStartsTheScheduleAgain) {
  answer_always(answered(410));
  start();
  const auto id = new_due_delivery();
  settle();
  ASSERT_EQ(status(id), DeliveryStatus::failed);
  options.retry.jitter = 0;
  dispatcher->reconfigure(options);
  answer_always(answered(500));
  write([&](Tx& tx) { redeliver(tx, id, clock.now()); });
  wake();
  settle();
  EXPECT_EQ(sent(), 2U);
  EXPECT_EQ(attempts(id).back().number, 2);
  EXPECT_EQ(until_next_attempt(id), 5s);
}

TEST_F(DispatcherRetries, RedeliveryDuringAnAttemptSendsOnceMore) {
  hold_all();
  start();
  const auto id = new_due_delivery();
  settle();
  write([&](Tx& tx) { redeliver(tx, id, clock.now()); });
  wake();
  settle();
  EXPECT_EQ(sent(), 1U) << "not while the first is under way";
  finish(0, 200);
  ASSERT_EQ(sent(), 2U);
  EXPECT_EQ(sender.requests[1].claimed.delivery.id, id);
  EXPECT_EQ(status(id), DeliveryStatus::pending);
  finish(1, 200);
  EXPECT_EQ(sent(), 2U);
  EXPECT_EQ(status(id), DeliveryStatus::succeeded);
  EXPECT_EQ(attempts(id).size(), 2U);
}

TEST_F(DispatcherRetries, AnAttemptUnderWayWhenItsWebhookIsDisabledEndsByItsOutcome) {
  hold_all();
  start();
  const auto arrives = new_due_delivery();
  const auto fails = new_due_delivery();
  settle();
  ASSERT_EQ(sent(), 2U);
  set_enabled(false);
  finish(0, 200);
  finish(1, 500);
  EXPECT_EQ(status(arrives), DeliveryStatus::succeeded);
  EXPECT_EQ(status(fails), DeliveryStatus::failed);
  EXPECT_EQ(delivery(fails).error, "webhook disabled");
  EXPECT_EQ(attempts(fails).back().error, "answered 500");
  EXPECT_EQ(clock.until_next(), idle);
}

TEST_F(DispatcherRetries, AWebhookThatIsDisabledGetsNothing) {
  answer_always(answered(500));
  start();
  const auto id = new_due_delivery();
  settle();
  ASSERT_EQ(sent(), 1U);
  set_enabled(false);
  advance(1h);
  EXPECT_EQ(sent(), 1U);
  EXPECT_EQ(status(id), DeliveryStatus::failed);
  EXPECT_EQ(clock.until_next(), idle);
}

TEST_F(DispatcherRetries, TheLogHasNoSecretAndNoPayload) {
  answer_always(answered(500));
  start();
  new_due_delivery();
  settle();
  EXPECT_THAT(log.text(), Not(HasSubstr("whsec_")));
  EXPECT_THAT(log.text(), Not(HasSubstr("run.succeeded\"}")));
}

}  // namespace
}  // namespace crewship
