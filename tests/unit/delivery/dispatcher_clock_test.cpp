// Somebody sets the system's clock, by a day or by ten years, while deliveries wait or while the daemon is down: each
// retry is made when as much time has passed as it was told to wait.
#include "dispatcher_fixture.hpp"

namespace crewship {
namespace {

using testing::Each;

constexpr std::chrono::hours ten_years = std::chrono::days(3653);

class DispatcherClock : public DispatcherTest, public testing::WithParamInterface<std::chrono::hours> {
 protected:
  void SetUp() override {
    DispatcherTest::SetUp();
    options.retry.jitter = 0;
    sender.answer = [](const ClaimedDelivery&) { return answered(500); };
  }
  std::chrono::milliseconds until_next_attempt(const DeliveryId& id) {
    return delivery(id).next_attempt_at.value() - clock.now();
  }
  // After two failures: five minutes to wait.
  std::vector<DeliveryId> waiting_deliveries(int count) {
    std::vector<DeliveryId> made;
    for (int i = 0; i < count; ++i) made.push_back(new_due_delivery());
    settle();
    advance(5s);
    return made;
  }
};

TEST_P(DispatcherClock, RetriesWaitAsLongAsTheyWereTold) {
  start();
  const auto waiting = waiting_deliveries(5);
  ASSERT_EQ(sent(), 10U);
  advance(1min);
  clock.jump_wall(GetParam());
  advance(1min);  // at the latest now it is noticed
  EXPECT_EQ(sent(), 10U) << "a burst";
  EXPECT_TRUE(log.has_line("the wall clock was set"));
  for (const auto& id : waiting) EXPECT_EQ(until_next_attempt(id), 3min);
  advance(3min - 1ms);
  EXPECT_EQ(sent(), 10U);
  advance(1ms);
  EXPECT_EQ(sent(), 15U) << "a loss";
  for (const auto& id : waiting) EXPECT_EQ(until_next_attempt(id), 30min);
}

TEST_P(DispatcherClock, AnAttemptThatEndsBeforeTheJumpIsNoticedIsFollowedByItsRetryInTime) {
  start();
  hold_all();
  const auto id = new_due_delivery();
  settle();
  clock.jump_wall(GetParam());
  hold_none();
  finish(0, 500);
  EXPECT_EQ(until_next_attempt(id), 5s);
  advance(5s - 1ms);
  EXPECT_EQ(sent(), 1U);
  advance(1ms);
  EXPECT_EQ(sent(), 2U);
}

TEST_P(DispatcherClock, WhatIsNewIsSentAtOnce) {
  start();
  const auto waiting = waiting_deliveries(1);
  clock.jump_wall(GetParam());
  sender.answer = [](const ClaimedDelivery&) { return answered(200); };
  const auto fresh = new_due_delivery();
  settle();
  EXPECT_EQ(status(fresh), DeliveryStatus::succeeded);
  EXPECT_EQ(until_next_attempt(waiting[0]), 5min);
}

INSTANTIATE_TEST_SUITE_P(Jumps, DispatcherClock, testing::Values(24h, -24h, ten_years, -ten_years),
                         [](const auto& info) {
                           return (info.param < 0h ? "Back" : "Forward") + std::to_string(std::abs(info.param.count()));
                         });

class DispatcherClockWhileDown : public DispatcherClock {};

TEST_P(DispatcherClockWhileDown, NothingWaitsLongerThanItsStepOfTheSchedule) {
  start();
  const auto second = waiting_deliveries(1)[0];
  advance(5min);
  advance(30min);  // four failures: two hours to wait
  const auto first = add_delivery(webhook);
  stop(0s);
  dispatcher.reset();
  clock.jump_wall(GetParam());
  sender.answer = [](const ClaimedDelivery&) { return answered(200); };
  start();
  EXPECT_EQ(status(first), DeliveryStatus::succeeded);
  EXPECT_EQ(until_next_attempt(second), 2h);
  EXPECT_TRUE(log.has_line("the wall clock was set back", "deliveries=2"));
  advance(2h);
  EXPECT_EQ(status(second), DeliveryStatus::succeeded);
}

INSTANTIATE_TEST_SUITE_P(Jumps, DispatcherClockWhileDown, testing::Values(-24h, -ten_years),
                         [](const auto& info) { return "Back" + std::to_string(std::abs(info.param.count())); });

TEST_F(DispatcherTest, ASmallCorrectionOfTheClockMovesNothing) {
  start();
  sender.answer = [](const ClaimedDelivery&) { return answered(500); };
  new_due_delivery();
  settle();
  clock.jump_wall(-1s);
  advance(1s);
  EXPECT_FALSE(log.has_line("the wall clock was set"));
}

}  // namespace
}  // namespace crewship
