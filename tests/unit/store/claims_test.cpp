// Which deliveries an attempt is made for, and when.
#include <gmock/gmock.h>

#include "store_fixture.hpp"

namespace crewship {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

std::vector<DeliveryId> ids_of(const ClaimResult& result) {
  std::vector<DeliveryId> ids;
  for (const ClaimedDelivery& row : result.claimed) ids.push_back(row.delivery.id);
  return ids;
}

class Claims : public OpenStoreTest {
 protected:
  void SetUp() override {
    OpenStoreTest::SetUp();
    webhook = add_outgoing_webhook(deployment);
  }
  // A delivery whose first attempt has failed.
  DeliveryId add_retry(std::chrono::milliseconds due_in) {
    const DeliveryId id = add_delivery(webhook, clock.now() - 1h);
    const auto claimed = claim(webhook, 1).claimed;
    EXPECT_EQ(claimed.at(0).delivery.id, id);
    record(claimed[0].attempt, retry(due_in));
    return id;
  }
  auto waiting() {
    return read([](Tx& tx) { return waiting_webhooks(tx); });
  }
  OutgoingWebhookId webhook;
};

TEST_F(Claims, GiveAllThatAnAttemptNeeds) {
  OutgoingWebhook target = new_outgoing_webhook(deployment);
  target.headers = {{"X-Team", "a"}};
  write([&](Tx& tx) { insert_outgoing_webhook(tx, target, "whsec_1"); });
  const DeliveryId id = add_delivery(target.id);
  write([&](Tx& tx) { replace_outgoing_webhook_secret(tx, target.id, "whsec_2"); });

  const auto claimed = claim(target.id).claimed;
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_EQ(claimed[0].delivery.id, id);
  EXPECT_EQ(claimed[0].delivery.body, R"({"event":"run.succeeded"})");
  EXPECT_EQ(claimed[0].target->url, target.url);
  EXPECT_EQ(claimed[0].target->headers, target.headers);
  EXPECT_EQ(claimed[0].target->secret, "whsec_2") << "the secret of now, for waiting ones too";
  EXPECT_EQ(claimed[0].attempt.number, 1);
  EXPECT_EQ(claimed[0].attempt.started_at, clock.now());
  const auto made = attempts(id);
  ASSERT_EQ(made.size(), 1u);
  EXPECT_EQ(made[0].id, claimed[0].attempt.id);
  EXPECT_EQ(made[0].status, AttemptStatus::in_flight);
  EXPECT_EQ(delivery(id).status, DeliveryStatus::pending);
}

TEST_F(Claims, NobodyIsClaimedTwice) {
  const DeliveryId id = add_delivery(webhook);
  EXPECT_THAT(ids_of(claim(webhook)), ElementsAre(id));
  EXPECT_THAT(ids_of(claim(webhook)), IsEmpty());
}

TEST_F(Claims, OnlyWhatIsDue) {
  const DeliveryId now = add_delivery(webhook, clock.now());
  add_delivery(webhook, clock.now() + 1ms);
  const auto result = claim(webhook);
  EXPECT_THAT(ids_of(result), ElementsAre(now));
  EXPECT_THAT(result.next_due, ElementsAre(Pair(webhook, clock.now() + 1ms)));
}

TEST_F(Claims, FirstAttemptsGoBeforeRetriesAndTheEarliestFirst) {
  const DeliveryId late_retry = add_retry(2s);
  const DeliveryId early_retry = add_retry(1s);
  clock.advance(1min);
  const DeliveryId second = add_delivery(webhook, clock.now() - 1s);
  const DeliveryId first = add_delivery(webhook, clock.now() - 2s);
  EXPECT_THAT(ids_of(claim(webhook)), ElementsAre(first, second, early_retry, late_retry));
}

TEST_F(Claims, NoMoreThanAskedForEachWebhook) {
  const OutgoingWebhookId other = add_outgoing_webhook(deployment);
  const DeliveryId a1 = add_delivery(webhook, clock.now() - 3s);
  add_delivery(webhook, clock.now() - 2s);
  const DeliveryId b1 = add_delivery(other, clock.now() - 2s);
  const DeliveryId b2 = add_delivery(other, clock.now() - 1s);
  const std::vector<ClaimRequest> requests{{webhook, 1}, {other, 5}};
  const auto result = write(
      [&](Tx& tx) { return claim_due_deliveries(tx, requests, clock.now(), [&] { return ids.make<AttemptId>(); }); });
  EXPECT_THAT(ids_of(result), ElementsAre(a1, b1, b2));
  EXPECT_THAT(result.next_due, ElementsAre(Pair(webhook, clock.now() - 2s))) << "what is left is due already";
}

TEST_F(Claims, NextDueIsTheEarlierOfFirstAttemptsAndRetries) {
  add_retry(10s);
  EXPECT_THAT(claim(webhook).next_due, ElementsAre(Pair(webhook, clock.now() + 10s)));
  add_delivery(webhook, clock.now() + 20s);
  EXPECT_THAT(claim(webhook).next_due, ElementsAre(Pair(webhook, clock.now() + 10s)));
  add_delivery(webhook, clock.now() + 5s);
  EXPECT_THAT(claim(webhook).next_due, ElementsAre(Pair(webhook, clock.now() + 5s)));
}

TEST_F(Claims, WebhooksThatWaitAreFoundWithTheirEarliest) {
  EXPECT_THAT(waiting(), IsEmpty());
  const OutgoingWebhookId second = add_outgoing_webhook(deployment);
  const OutgoingWebhookId third = add_outgoing_webhook(deployment);
  add_outgoing_webhook(deployment);
  add_delivery(webhook, clock.now() + 9s);
  add_delivery(webhook, clock.now() + 3s);
  add_delivery(second, clock.now() + 1s);
  add_delivery(third);
  claim(third);
  EXPECT_THAT(waiting(), UnorderedElementsAre(Pair(webhook, clock.now() + 3s), Pair(second, clock.now() + 1s)));
}

TEST_F(Claims, DisablingAWebhookEndsWhatWaitsAndNotWhatIsInFlight) {
  const DeliveryId in_flight = add_delivery(webhook, clock.now() - 1s);
  const auto claimed = claim(webhook, 1).claimed;
  const DeliveryId waits = add_delivery(webhook);
  const DeliveryId later = add_delivery(webhook, clock.now() + 1h);
  OutgoingWebhookPatch patch;
  patch.enabled = false;
  write([&](Tx& tx) { return update_outgoing_webhook(tx, webhook, patch, clock.now()); });
  for (const DeliveryId& id : {waits, later}) {
    EXPECT_EQ(delivery(id).status, DeliveryStatus::failed);
    EXPECT_EQ(delivery(id).error, "webhook disabled");
    EXPECT_EQ(delivery(id).completed_at, clock.now());
    EXPECT_FALSE(delivery(id).next_attempt_at);
  }
  EXPECT_EQ(delivery(in_flight).status, DeliveryStatus::pending);
  record(claimed.at(0).attempt, succeeded());
  EXPECT_EQ(delivery(in_flight).status, DeliveryStatus::succeeded);

  patch.enabled = true;
  write([&](Tx& tx) { return update_outgoing_webhook(tx, webhook, patch, clock.now()); });
  EXPECT_THAT(ids_of(claim(webhook)), IsEmpty()) << "enabling it again does not send old ones";
}

TEST_F(Claims, APatchThatEnablesAnEnabledOneEndsNothing) {
  const DeliveryId waits = add_delivery(webhook);
  OutgoingWebhookPatch patch;
  patch.enabled = true;
  patch.name = "new";
  write([&](Tx& tx) { return update_outgoing_webhook(tx, webhook, patch, clock.now()); });
  EXPECT_THAT(ids_of(claim(webhook)), ElementsAre(waits));
}

}  // namespace
}  // namespace crewship
