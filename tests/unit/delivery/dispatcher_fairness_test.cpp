// Who gets the places there are, and that nothing wakes up for nothing.
#include "dispatcher_fixture.hpp"
#include "support/blocked_writer.hpp"

namespace crewship {
namespace {

class DispatcherFairness : public DispatcherTest {
 protected:
  void add_deliveries(const OutgoingWebhookId& to, int count) {
    write([&](Tx& tx) {
      for (int i = 0; i < count; ++i) insert_delivery(tx, new_delivery(to));
    });
    wake(to);
  }
  void hold_all_but(const OutgoingWebhookId& healthy) {
    sender.holds = [healthy](const ClaimedDelivery& claimed) {
      return claimed.delivery.outgoing_webhook_id != healthy;
    };
  }
};

TEST_F(DispatcherFairness, OneWebhookHasItsOwnCap) {
  options.max_in_flight_per_webhook = 2;
  hold_all();
  start();
  add_deliveries(webhook, 5);
  settle();
  EXPECT_EQ(sent(), 2U);
  EXPECT_EQ(dispatcher->in_flight(), 2U);
  for (std::size_t done = 0; done < 5; ++done) {
    finish(done, 200);
    EXPECT_EQ(sent(), std::min<std::size_t>(done + 3, 5));
    EXPECT_LE(sender.open(), 2U);
  }
  EXPECT_EQ(dispatcher->in_flight(), 0U);
}

TEST_F(DispatcherFairness, AllTogetherHaveACapThatIsShared) {
  options.max_in_flight = 8;
  hold_all();
  start();
  const auto other = add_outgoing_webhook(deployment);
  write([&](Tx& tx) {
    for (int i = 0; i < 8; ++i) insert_delivery(tx, new_delivery(i % 2 == 0 ? webhook : other));
  });
  dispatcher->deliveries_due(std::array{webhook, other});
  settle();
  EXPECT_EQ(sender.sent_to(webhook), 2U);
  EXPECT_EQ(sender.sent_to(other), 2U);
  for (std::size_t done = 0; done < 8; ++done) {
    finish(done, 200);
    EXPECT_LE(sender.open(), 7U) << "the last eighth is for others";
  }
  EXPECT_EQ(sent(), 8U);
}

TEST_F(DispatcherFairness, TwentyThatHangDoNotDelayAHealthyOne) {
  options.max_in_flight = 320;
  hold_all_but(webhook);
  start();
  std::vector<OutgoingWebhookId> hanging;
  for (int i = 0; i < 20; ++i) hanging.push_back(add_outgoing_webhook(deployment));
  for (const auto& one : hanging) add_deliveries(one, 10);
  loop.until([&] { return sender.open() == 160; });

  add_deliveries(webhook, 50);
  loop.until([&] { return sender.sent_to(webhook) == 50; });
  EXPECT_EQ(sender.open(), 160U);
  EXPECT_EQ(sent(), 210U) << "and no time has passed";
}

TEST_F(DispatcherFairness, MoreThatHangThanThereArePlacesDoNotHoldUpAHealthyOne) {
  options.max_in_flight = 64;
  hold_all_but(webhook);
  start();
  std::vector<OutgoingWebhookId> hanging;
  for (int i = 0; i < 20; ++i) hanging.push_back(add_outgoing_webhook(deployment));
  for (const auto& one : hanging) add_deliveries(one, 10);
  loop.until([&] { return sender.open() >= 32; });

  add_deliveries(webhook, 50);
  loop.until([&] { return sender.sent_to(webhook) == 50; });
  EXPECT_LT(sender.open(), 64U);
}

// So that the claim shares the next commit instead of coming after it.
TEST_F(DispatcherFairness, WhatIsDueNextIsAskedForBeforeTheRequestsBegin) {
  const auto other = add_outgoing_webhook(deployment);
  start();
  std::optional<std::size_t> places_at_first_request;
  sender.holds = [&](const ClaimedDelivery&) {
    if (!places_at_first_request) places_at_first_request = dispatcher->in_flight();
    return true;
  };
  add_delivery(webhook);
  add_delivery(other);
  BlockedWriter writer(loop, *store);
  wake(webhook);
  loop.poll();
  wake(other);
  writer.release();
  loop.until([&] { return sent() == 2; });
  EXPECT_GT(places_at_first_request, 1U);
}

TEST_F(DispatcherFairness, CapsCanBeChangedWhileItRuns) {
  options.max_in_flight_per_webhook = 1;
  hold_all();
  start();
  add_deliveries(webhook, 6);
  settle();
  EXPECT_EQ(sent(), 1U);
  options.max_in_flight_per_webhook = 4;
  dispatcher->reconfigure(options);
  settle();
  EXPECT_EQ(sent(), 4U);
  options.max_in_flight_per_webhook = 1;
  dispatcher->reconfigure(options);
  for (std::size_t done = 0; done < 3; ++done) finish(done, 200);
  EXPECT_EQ(sent(), 4U);
  finish(3, 200);
  EXPECT_EQ(sent(), 5U);
}

TEST_F(DispatcherFairness, NothingWakesUpWhenNothingIsDue) {
  start();
  EXPECT_EQ(clock.waiting(), 1U);
  EXPECT_EQ(clock.until_next(), idle);
  hold_all();
  new_due_delivery();
  settle();
  EXPECT_EQ(clock.until_next(), idle) << "nor while only an answer is waited for";
  finish(0, 200);
  EXPECT_EQ(clock.until_next(), idle);
}

TEST_F(DispatcherFairness, AWakeUpWithNothingToSendIsHarmless) {
  start();
  wake();
  wake(ids.make<OutgoingWebhookId>());
  settle();
  EXPECT_EQ(sent(), 0U);
  EXPECT_EQ(dispatcher->in_flight(), 0U);
  EXPECT_EQ(clock.until_next(), idle);
}

TEST_F(DispatcherFairness, ARowThatNobodySpokeOfIsFoundWithTheNext) {
  start();
  const auto silent = add_delivery(webhook);
  settle();
  EXPECT_EQ(sent(), 0U);
  new_due_delivery();
  settle();
  EXPECT_EQ(status(silent), DeliveryStatus::succeeded);
}

}  // namespace
}  // namespace crewship
