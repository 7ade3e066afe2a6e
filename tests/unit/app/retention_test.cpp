// What is kept, and for how long.
#include "../../../src/app/retention.hpp"

#include <crewship/base/task_group.hpp>

#include "unit/store/store_fixture.hpp"

namespace crewship {
namespace {

class Retention : public OpenStoreTest {
 protected:
  void SetUp() override {
    OpenStoreTest::SetUp();
    webhook = add_outgoing_webhook(deployment);
  }
  void TearDown() override {
    tasks.cancel();
    loop.run(tasks.join());
    close();
    EXPECT_TRUE(loop.idle()) << "work was left on the loop";
    EXPECT_TRUE(failures.empty());
  }

  void start() {
    tasks.spawn("retention", keep_retention(*store, clock, loop.executor(), {.runs = 30 * 24h, .deliveries = 7 * 24h}));
    sweep_done();
  }
  // It sleeps when it is done.
  void sweep_done() {
    loop.until([this] { return clock.waiting() == 1; });
  }
  void advance(std::chrono::nanoseconds duration) {
    clock.advance(duration);
    loop.until([this] { return clock.waiting() == 0; });
    sweep_done();
  }
  // Of a run that ended now, and a delivery of it that did too.
  RunId add_ended_run() {
    auto run = new_run(deployment, version);
    run.status = RunStatus::succeeded;
    run.output = "{}";
    run.started_at = clock.now();
    run.completed_at = clock.now();
    write([&](Tx& tx) { insert_run(tx, run); });
    return run.id;
  }
  std::vector<DeliveryId> add_ended_deliveries(int count, std::optional<RunId> run = {}) {
    std::vector<DeliveryId> added;
    write([&](Tx& tx) {
      for (int i = 0; i < count; ++i) {
        Delivery row = new_delivery(webhook);
        row.run_id = run;
        row.status = DeliveryStatus::succeeded;
        row.next_attempt_at.reset();
        row.completed_at = clock.now();
        insert_delivery(tx, row);
        added.push_back(row.id);
      }
    });
    return added;
  }
  bool exists(const DeliveryId& id) {
    return read([&](Tx& tx) { return find_delivery(tx, id).has_value(); });
  }
  bool exists(const RunId& id) {
    return read([&](Tx& tx) { return find_run(tx, id).has_value(); });
  }

  OutgoingWebhookId webhook;
  std::vector<std::string> failures;
  TaskGroup tasks{loop.executor(), "retention",
                  [this](std::string_view task, const std::exception_ptr&) { failures.emplace_back(task); }};
};

TEST_F(Retention, WhatIsOlderThanItsTimeGoesAndTheRestStays) {
  const auto old_run = add_ended_run();
  clock.advance(20 * 24h);
  const auto old_delivery = add_ended_deliveries(1).front();
  const auto waiting = add_delivery(webhook, clock.now() + 365 * 24h);
  clock.advance(8 * 24h);
  const auto young_run = add_ended_run();
  const auto young_delivery = add_ended_deliveries(1, young_run).front();

  start();
  EXPECT_FALSE(exists(old_delivery));
  EXPECT_TRUE(exists(young_delivery));
  EXPECT_TRUE(exists(waiting)) << "nothing that is not over goes, however old";
  EXPECT_TRUE(exists(old_run));
  EXPECT_TRUE(log.has_line("retention deleted", "runs=0", "deliveries=1"));

  advance(3 * 24h);
  EXPECT_FALSE(exists(old_run));
  EXPECT_TRUE(exists(young_run));
}

TEST_F(Retention, ALongBacklogGoesInOneSweepOfSmallSteps) {
  const auto old = add_ended_deliveries(450);
  clock.advance(8 * 24h);
  start();
  for (const auto& id : old) ASSERT_FALSE(exists(id));
}

TEST_F(Retention, AClockThatIsSetForwardMakesNothingOld) {
  start();
  const auto delivery = add_ended_deliveries(1).front();
  clock.jump_wall(std::chrono::days(3653));
  advance(10min);
  EXPECT_TRUE(exists(delivery));
  advance(8 * 24h);
  EXPECT_FALSE(exists(delivery)) << "a week has really passed";
}

TEST_F(Retention, ItLooksEveryTenMinutesAndSaysNothingWhenNothingGoes) {
  start();
  EXPECT_EQ(clock.until_next(), 10min);
  const auto delivery = add_ended_deliveries(1).front();
  clock.advance(7 * 24h - 10min);
  loop.until([this] { return clock.until_next() == 10min; });
  EXPECT_TRUE(exists(delivery));
  EXPECT_FALSE(log.has_line("retention deleted"));
  advance(10min);
  advance(10min);
  EXPECT_FALSE(exists(delivery));
}

}  // namespace
}  // namespace crewship
