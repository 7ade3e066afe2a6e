#include <gmock/gmock.h>

#include "store_fixture.hpp"

namespace crewship {
namespace {

class Redelivery : public OpenStoreTest {
 protected:
  void SetUp() override {
    OpenStoreTest::SetUp();
    webhook = add_outgoing_webhook(deployment);
  }
  Attempt claim_one() { return claim(webhook, 1).claimed.at(0).attempt; }
  DeliveryId add_failed() {
    const DeliveryId id = add_delivery(webhook);
    record(claim_one(), failed());
    return id;
  }
  RedeliverResult ask_for(const DeliveryId& id) {
    return write([&](Tx& tx) { return redeliver(tx, id, clock.now()); });
  }
  std::size_t recover(WallTime since) {
    return write([&](Tx& tx) { return recover_failed_deliveries(tx, webhook, since, clock.now()); });
  }
  OutgoingWebhookId webhook;
};

TEST_F(Redelivery, AFinishedOneIsDueNowWithAFreshSchedule) {
  const DeliveryId id = add_failed();
  clock.advance(1h);
  EXPECT_EQ(ask_for(id), RedeliverResult::accepted);
  const Delivery again = delivery(id);
  EXPECT_EQ(again.status, DeliveryStatus::pending);
  EXPECT_EQ(again.next_attempt_at, clock.now());
  EXPECT_EQ(again.retry_step, 0);
  EXPECT_FALSE(again.completed_at);
  EXPECT_FALSE(again.error);
  const Attempt second = claim_one();
  EXPECT_EQ(second.delivery_id, id);
  EXPECT_EQ(second.number, 2);
  record(second, succeeded());
  EXPECT_EQ(delivery(id).status, DeliveryStatus::succeeded);
  EXPECT_EQ(ask_for(id), RedeliverResult::accepted) << "a succeeded one, too";
}

TEST_F(Redelivery, AWaitingOneIsDueNowAndNotOnceMoreThen) {
  const DeliveryId id = add_delivery(webhook);
  record(claim_one(), retry(5h, 4));
  EXPECT_EQ(ask_for(id), RedeliverResult::accepted);
  EXPECT_EQ(delivery(id).next_attempt_at, clock.now());
  EXPECT_EQ(delivery(id).retry_step, 0);
  record(claim_one(), succeeded());
  clock.advance(5h);
  EXPECT_TRUE(claim(webhook).claimed.empty());
}

TEST_F(Redelivery, OneInFlightIsSentOnceMoreAfterThatAttempt) {
  const DeliveryId id = add_delivery(webhook);
  const Attempt first = claim_one();
  EXPECT_EQ(ask_for(id), RedeliverResult::accepted);
  EXPECT_TRUE(claim(webhook).claimed.empty()) << "not beside it";
  const Delivery after = record(first, succeeded());
  EXPECT_EQ(after.status, DeliveryStatus::pending);
  EXPECT_EQ(after.next_attempt_at, clock.now());
  EXPECT_EQ(attempts(id)[0].status, AttemptStatus::succeeded);
  record(claim_one(), succeeded());
  EXPECT_EQ(delivery(id).status, DeliveryStatus::succeeded) << "once more, not for ever";
  EXPECT_EQ(attempts(id).size(), 2u);
}

TEST_F(Redelivery, IsRefusedForWhatIsNotThere) {
  const DeliveryId id = add_failed();
  EXPECT_EQ(ask_for(ids.make<DeliveryId>()), RedeliverResult::not_found);
  OutgoingWebhookPatch patch;
  patch.enabled = false;
  write([&](Tx& tx) { return update_outgoing_webhook(tx, webhook, patch, clock.now()); });
  EXPECT_EQ(ask_for(id), RedeliverResult::webhook_not_enabled);
  write([&](Tx& tx) { return delete_outgoing_webhook(tx, webhook, clock.now()); });
  EXPECT_EQ(ask_for(id), RedeliverResult::webhook_not_enabled);
  EXPECT_EQ(delivery(id).status, DeliveryStatus::failed);
}

TEST_F(Redelivery, RecoverTakesAllFailedOnesSinceThen) {
  const DeliveryId old = add_failed();
  clock.advance(1h);
  const WallTime since = clock.now();
  const DeliveryId first = add_failed();
  const DeliveryId second = add_failed();
  const DeliveryId fine = add_delivery(webhook);
  record(claim_one(), succeeded());
  const OutgoingWebhookId other = add_outgoing_webhook(deployment);
  const DeliveryId elsewhere = add_delivery(other);
  record(claim(other, 1).claimed.at(0).attempt, failed());

  EXPECT_EQ(recover(since), 2u);
  EXPECT_EQ(delivery(old).status, DeliveryStatus::failed);
  EXPECT_EQ(delivery(first).status, DeliveryStatus::pending);
  EXPECT_EQ(delivery(second).status, DeliveryStatus::pending);
  EXPECT_EQ(delivery(fine).status, DeliveryStatus::succeeded);
  EXPECT_EQ(delivery(elsewhere).status, DeliveryStatus::failed);
  EXPECT_EQ(recover(since), 0u);
  EXPECT_EQ(claim(webhook).claimed.size(), 2u);
}

TEST_F(Redelivery, RecoverGoesInStepsAndTakesNothingTwice) {
  std::vector<DeliveryId> made;
  for (int i = 0; i < 5; ++i) made.push_back(add_failed());
  std::size_t recovered = 0;
  std::optional<DeliveryId> after;
  do {
    const RecoverStep step =
        write([&](Tx& tx) { return recover_failed_deliveries(tx, webhook, clock.now() - 1h, clock.now(), 2, after); });
    recovered += step.recovered;
    after = step.next;
    record(claim_one(), failed());  // at once again
  } while (after);
  EXPECT_EQ(recovered, 5u);
  for (const DeliveryId& id : made) EXPECT_LE(attempts(id).size(), 2u);
}

}  // namespace
}  // namespace crewship
