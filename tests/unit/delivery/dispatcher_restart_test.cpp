// Starts after a crash, stops with attempts under way, and a database that is busy.
#include <future>

#include <boost/asio/detached.hpp>

#include "dispatcher_fixture.hpp"

namespace crewship {
namespace {

class DispatcherRestart : public DispatcherTest {
 protected:
  // The stop goes on in the background.
  void begin_stop(std::chrono::milliseconds grace) {
    asio::co_spawn(loop.context(), dispatcher->stop(grace),
                   [this](const std::exception_ptr& failure) { stopped = failure == nullptr; });
    settle();
  }
  // Keeps the database's thread busy until the gate opens, and its queue full.
  void fill_store() {
    asio::co_spawn(loop.context(), wait_in_store(*store), asio::detached);
    loop.poll();
    began.get_future().wait();
    for (std::size_t i = 0; i < max_queued_writes; ++i) {
      asio::co_spawn(loop.context(), write_nothing(*store), asio::detached);
    }
    loop.poll();
  }
  void open_gate() {
    gate.set_value();
    loop.until([this] { return store->queued_writes() == 0; });
    settle();
  }
  Task<void> wait_in_store(Store& busy) {
    co_await busy.write([this](Tx&) -> Result<> {
      began.set_value();
      gate.get_future().wait();
      return {};
    });
  }
  static Task<void> write_nothing(Store& busy) {
    co_await busy.write([](Tx&) -> Result<> { return {}; });
  }

  std::promise<void> began;
  std::promise<void> gate;
  bool stopped = false;
};

TEST_F(DispatcherRestart, WhatWaitsIsFoundAtTheStart) {
  const auto due = add_delivery(webhook);
  const auto later = add_delivery(webhook, clock.now() + 10min);
  start();
  EXPECT_EQ(status(due), DeliveryStatus::succeeded);
  EXPECT_EQ(status(later), DeliveryStatus::pending);
  advance(10min);
  EXPECT_EQ(status(later), DeliveryStatus::succeeded);
}

TEST_F(DispatcherRestart, AnAttemptThatACrashCutOffIsInDoubtAndMadeAgain) {
  const auto id = add_delivery(webhook);
  ASSERT_EQ(claim(webhook).claimed.size(), 1U);
  reopen();
  start();
  EXPECT_EQ(sent(), 1U);
  EXPECT_EQ(status(id), DeliveryStatus::succeeded);
  const auto all = attempts(id);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].status, AttemptStatus::in_doubt);
  EXPECT_TRUE(all[0].error.has_value());
  EXPECT_EQ(all[1].status, AttemptStatus::succeeded);
  EXPECT_EQ(all[1].number, 2);
  EXPECT_TRUE(log.has_line("attempt in doubt after a crash", "delivery_id=dlv_", "run_id=", "attempt=1"));
}

TEST_F(DispatcherRestart, AStopWaitsForWhatIsUnderWayAndClaimsNothingMore) {
  options.max_in_flight_per_webhook = 1;
  hold_all();
  start();
  const auto first = new_due_delivery();
  const auto second = new_due_delivery();
  settle();
  begin_stop(5s);
  EXPECT_FALSE(stopped);
  finish(0, 200);
  EXPECT_TRUE(stopped);
  EXPECT_EQ(status(first), DeliveryStatus::succeeded);
  EXPECT_EQ(status(second), DeliveryStatus::pending);
  EXPECT_EQ(sent(), 1U);
  EXPECT_EQ(clock.waiting(), 0U) << "the grace does not outlast the stop";
}

TEST_F(DispatcherRestart, AStopCutsOffWhatOutlastsTheGrace) {
  hold_all();
  start();
  const auto in_time = new_due_delivery();
  const auto too_late = new_due_delivery();
  settle();
  ASSERT_EQ(sent(), 2U);
  begin_stop(5s);
  finish(0, 500);
  EXPECT_EQ(attempts(in_time).back().status, AttemptStatus::failed);
  advance(5s - 1ms);
  EXPECT_FALSE(stopped);
  advance(1ms);
  EXPECT_TRUE(stopped);
  EXPECT_EQ(sender.open(), 0U);
  EXPECT_EQ(attempts(too_late).back().status, AttemptStatus::in_doubt);
  EXPECT_EQ(status(too_late), DeliveryStatus::pending);
  EXPECT_TRUE(log.has_line("attempt cut off", too_late.text()));

  dispatcher.reset();
  hold_none();
  start();
  EXPECT_EQ(status(too_late), DeliveryStatus::succeeded);
  EXPECT_EQ(attempts(too_late).size(), 2U);
  EXPECT_EQ(status(in_time), DeliveryStatus::pending);
}

TEST_F(DispatcherRestart, AnAttemptThatCannotBeRecordedYetIsRecordedLater) {
  max_queued_writes = 50;
  reopen();
  hold_all();
  start();
  const auto id = new_due_delivery();
  settle();
  ASSERT_EQ(sent(), 1U);

  fill_store();
  sender.finish(sender.requests[0], answered(200));
  loop.until([&] { return log.has_line("attempt cannot be recorded", id.text()); });
  open_gate();
  EXPECT_EQ(dispatcher->in_flight(), 1U);
  advance(200ms);
  EXPECT_EQ(dispatcher->in_flight(), 0U);
  EXPECT_EQ(status(id), DeliveryStatus::succeeded);
}

TEST_F(DispatcherRestart, WhatCannotBeRecordedDoesNotPileUp) {
  max_queued_writes = 50;
  options.max_in_flight = 1;
  reopen();
  hold_all();
  start();
  const auto first = new_due_delivery();
  new_due_delivery();
  settle();
  ASSERT_EQ(sent(), 1U);

  fill_store();
  sender.finish(sender.requests[0], answered(200));
  loop.until([&] { return log.has_line("attempt cannot be recorded", first.text()); });
  clock.advance(200ms);
  loop.poll();
  open_gate();
  advance(399ms);
  EXPECT_EQ(sent(), 1U) << "a claim did not wait for the record";
  advance(1ms);
  EXPECT_EQ(status(first), DeliveryStatus::succeeded);
  EXPECT_EQ(sent(), 2U);
  finish(1, 200);
}

TEST_F(DispatcherRestart, TheNextIsClaimedWhileTheLastIsBeingRecorded) {
  options.max_in_flight_per_webhook = 1;
  hold_all();
  start();
  new_due_delivery();
  new_due_delivery();
  settle();
  ASSERT_EQ(sent(), 1U);

  asio::co_spawn(loop.context(), wait_in_store(*store), asio::detached);
  loop.poll();
  began.get_future().wait();
  sender.finish(sender.requests[0], answered(200));
  loop.poll();
  EXPECT_EQ(store->queued_writes(), 3U) << "what keeps it busy, the record, the claim";
  EXPECT_EQ(dispatcher->in_flight(), 2U);
  open_gate();
  EXPECT_EQ(sent(), 2U);
  finish(1, 200);
  EXPECT_EQ(dispatcher->in_flight(), 0U);
}

TEST_F(DispatcherRestart, ADatabaseThatIsBusyDoesNotHoldUpTheStop) {
  max_queued_writes = 50;
  reopen();
  hold_all();
  start();
  const auto id = new_due_delivery();
  settle();

  fill_store();
  sender.finish(sender.requests[0], answered(200));
  loop.until([&] { return log.has_line("attempt cannot be recorded", id.text()); });
  asio::co_spawn(loop.context(), dispatcher->stop(1s),
                 [this](const std::exception_ptr& failure) { stopped = failure == nullptr; });
  loop.poll();
  for (int second = 0; second < 10 && !stopped; ++second) {
    clock.advance(1s);
    loop.poll();
  }
  EXPECT_TRUE(stopped);
  open_gate();
  EXPECT_EQ(attempts(id).back().status, AttemptStatus::in_flight) << "in doubt at the next start";
}

TEST_F(DispatcherRestart, AClaimThatTheDatabaseRefusesIsTriedAgain) {
  max_queued_writes = 50;
  reopen();
  start();
  const auto id = add_delivery(webhook);
  fill_store();
  wake();
  loop.until([&] { return log.has_line("deliveries cannot be claimed"); });
  open_gate();
  EXPECT_EQ(sent(), 0U);
  advance(200ms);
  EXPECT_EQ(status(id), DeliveryStatus::succeeded);
}

}  // namespace
}  // namespace crewship
