// How attempts end, and what becomes of their deliveries.
#include <gmock/gmock.h>

#include "store_fixture.hpp"

namespace crewship {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class Attempts : public OpenStoreTest {
 protected:
  void SetUp() override {
    OpenStoreTest::SetUp();
    webhook = add_outgoing_webhook(deployment);
    id = add_delivery(webhook);
  }
  Attempt claim_one() { return claim(webhook, 1).claimed.at(0).attempt; }
  void disable() {
    OutgoingWebhookPatch patch;
    patch.enabled = false;
    write([&](Tx& tx) { return update_outgoing_webhook(tx, webhook, patch, clock.now()); });
  }
  OutgoingWebhookId webhook;
  DeliveryId id;
};

TEST_F(Attempts, ASuccessEndsTheDelivery) {
  Attempt attempt = claim_one();
  attempt.status = AttemptStatus::succeeded;
  attempt.response_status = 204;
  attempt.duration = 12ms;
  attempt.response_body = "";
  clock.advance(12ms);
  const Delivery after = write([&](Tx& tx) {
    return record_attempt(
        tx, attempt,
        [&](const Delivery& now, bool enabled) {
          EXPECT_EQ(now.id, id);
          EXPECT_EQ(now.retry_step, 0);
          EXPECT_TRUE(enabled);
          return succeeded();
        },
        clock.now());
  });
  EXPECT_EQ(after.status, DeliveryStatus::succeeded);
  EXPECT_EQ(after.completed_at, clock.now());
  EXPECT_EQ(delivery(id).status, DeliveryStatus::succeeded);
  EXPECT_EQ(delivery(id).completed_at, clock.now());
  EXPECT_FALSE(delivery(id).error);
  const auto made = attempts(id);
  ASSERT_EQ(made.size(), 1u);
  EXPECT_EQ(made[0].status, AttemptStatus::succeeded);
  EXPECT_EQ(made[0].response_status, 204);
  EXPECT_EQ(made[0].duration, 12ms);
  EXPECT_EQ(made[0].response_body, "");
  EXPECT_FALSE(made[0].error);
}

TEST_F(Attempts, AFailureWaitsForTheNextOne) {
  const Delivery after = record(claim_one(), retry(5s));
  EXPECT_EQ(after.status, DeliveryStatus::pending);
  EXPECT_EQ(after.next_attempt_at, clock.now() + 5s);
  EXPECT_EQ(delivery(id).retry_step, 1);
  EXPECT_EQ(attempts(id)[0].error, "connection refused");
  EXPECT_THAT(claim(webhook).claimed, IsEmpty());
  clock.advance(5s);
  const Attempt second = claim_one();
  EXPECT_EQ(second.number, 2);
  record(second, failed());
  EXPECT_EQ(delivery(id).status, DeliveryStatus::failed);
  EXPECT_EQ(delivery(id).error, "connection refused");
  EXPECT_EQ(attempts(id).size(), 2u);
  EXPECT_THAT(claim(webhook).next_due, IsEmpty());
}

TEST_F(Attempts, OnlyTheFirstKibibyteOfTheAnswerIsKept) {
  Attempt attempt = claim_one();
  attempt.response_body = std::string(1023, 'x') + "ü" + std::string(1000, 'y');
  record(attempt, failed());
  EXPECT_EQ(attempts(id)[0].response_body, std::string(1023, 'x')) << "not half a character";
}

TEST_F(Attempts, TheDeciderHearsThatTheWebhookIsDisabled) {
  Attempt attempt = claim_one();
  disable();
  attempt.status = AttemptStatus::failed;
  write([&](Tx& tx) {
    record_attempt(
        tx, attempt,
        [&](const Delivery&, bool enabled) -> NextStep {
          EXPECT_FALSE(enabled);
          return {DeliveryStatus::failed, 1, {}, "answered 500", "webhook disabled"};
        },
        clock.now());
  });
  EXPECT_EQ(delivery(id).error, "webhook disabled");
  EXPECT_EQ(attempts(id)[0].error, "answered 500");
}

TEST_F(Attempts, WhatACrashLeftInFlightIsInDoubtAndDueAgain) {
  const Attempt left = claim_one();
  const DeliveryId waits = add_delivery(webhook, clock.now() + 1h);
  reopen();
  clock.advance(3s);
  EXPECT_EQ(write([&](Tx& tx) { return release_interrupted_attempts(tx, clock.now()).size(); }), 1u);
  const auto made = attempts(id);
  EXPECT_EQ(made.at(0).id, left.id);
  EXPECT_EQ(made[0].url, left.url);
  EXPECT_EQ(made[0].started_at, left.started_at);
  EXPECT_EQ(made[0].status, AttemptStatus::in_doubt);
  EXPECT_TRUE(made[0].error);
  EXPECT_EQ(delivery(id).retry_step, 0) << "it uses up no step of the schedule";
  EXPECT_EQ(delivery(waits).next_attempt_at, clock.now() - 3s + 1h);
  EXPECT_THAT(read([](Tx& tx) { return waiting_webhooks(tx); }), ElementsAre(Pair(webhook, clock.now())));
  EXPECT_EQ(claim_one().number, 2);
  EXPECT_EQ(write([&](Tx& tx) { return release_interrupted_attempts(tx, clock.now()).size(); }), 1u);
}

TEST_F(Attempts, OneThatIsCutOffAtAStopIsDueAgain) {
  const Attempt attempt = claim_one();
  write([&](Tx& tx) { release_attempt(tx, attempt, clock.now()); });
  EXPECT_EQ(attempts(id)[0].status, AttemptStatus::in_doubt);
  EXPECT_EQ(delivery(id).next_attempt_at, clock.now());
  EXPECT_EQ(write([&](Tx& tx) { return release_interrupted_attempts(tx, clock.now()).size(); }), 0u);
}

TEST_F(Attempts, OneThatIsReleasedAfterItsWebhookWasDisabledEnds) {
  const Attempt attempt = claim_one();
  disable();
  write([&](Tx& tx) { release_attempt(tx, attempt, clock.now()); });
  EXPECT_EQ(delivery(id).status, DeliveryStatus::failed);
  EXPECT_EQ(delivery(id).error, "webhook disabled");
  EXPECT_THAT(read([](Tx& tx) { return waiting_webhooks(tx); }), IsEmpty());
}

TEST_F(Attempts, AnAttemptIsRecordedOnce) {
  const Attempt attempt = claim_one();
  record(attempt, failed());
  EXPECT_THROW(record(attempt, succeeded()), std::runtime_error);
  EXPECT_EQ(delivery(id).status, DeliveryStatus::failed);
}

}  // namespace
}  // namespace crewship
