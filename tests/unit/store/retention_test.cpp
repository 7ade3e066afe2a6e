#include <gmock/gmock.h>

#include "raw_database.hpp"
#include "store_fixture.hpp"

namespace crewship {
namespace {

using testing::ElementsAre;
using RunRow = crewship::Run;  // testing::Test has a Run of its own

class Retention : public OpenStoreTest {
 protected:
  void SetUp() override {
    OpenStoreTest::SetUp();
    webhook = add_outgoing_webhook(deployment);
  }
  RunRow add_finished_run() {
    RunRow run = new_run(deployment, version);
    run.input = R"({"a":")" + std::string(2000, 'x') + R"("})";
    write([&](Tx& tx) { insert_run(tx, run); });
    run.status = RunStatus::succeeded;
    run.completed_at = clock.now();
    write([&](Tx& tx) { update_run(tx, run); });
    return run;
  }
  std::size_t delete_runs(std::size_t limit = 100) {
    return write([&](Tx& tx) { return delete_old_runs(tx, clock.now() - 1h, limit); });
  }
  std::size_t delete_deliveries(std::size_t limit = 100) {
    return write([&](Tx& tx) { return delete_old_deliveries(tx, clock.now() - 1h, limit); });
  }
  bool exists(const RunRow& run) {
    return read([&](Tx& tx) { return find_run(tx, run.id).has_value(); });
  }
  std::vector<std::string> rows_left() {
    RawDatabase raw(data_dir / "crewship.db");
    return raw.query(
        "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM run_inputs), (SELECT count(*) FROM run_log_lines), "
        "(SELECT count(*) FROM run_events), (SELECT count(*) FROM idempotency_keys), (SELECT count(*) FROM "
        "deliveries), "
        "(SELECT count(*) FROM delivery_bodies), (SELECT count(*) FROM attempts)");
  }
  OutgoingWebhookId webhook;
};

TEST_F(Retention, DeletesOldRunsWithAllThatIsTheirs) {
  const RunRow old = add_finished_run();
  const std::vector<RunEvent> events{{2, clock.now(), "log", "info", "text"}, {3, clock.now(), "step", "", "{}"}};
  write([&](Tx& tx) {
    insert_run_events(tx, old.id, events);
    insert_idempotency_record(tx, {"iwh_1", "key", "hash", old.id, clock.now()});
    insert_run(tx, new_run(deployment, version));  // still open
  });
  clock.advance(1h);
  EXPECT_EQ(delete_runs(), 0u) << "exactly as old as allowed";
  clock.advance(1ms);
  const RunRow fresh = add_finished_run();
  EXPECT_GT(delete_runs(), 0u);
  EXPECT_FALSE(exists(old));
  EXPECT_TRUE(exists(fresh));
  EXPECT_THAT(rows_left(), ElementsAre("2|1|0|0|0|0|0|0"));
}

TEST_F(Retention, KeepsARunWhileADeliveryOfItIsOpen) {
  const RunRow run = add_finished_run();
  Delivery open_one = new_delivery(webhook);
  open_one.run_id = run.id;
  write([&](Tx& tx) { insert_delivery(tx, open_one); });
  clock.advance(2h);
  EXPECT_EQ(delete_runs(), 0u);
  record(claim(webhook, 1).claimed.at(0).attempt, succeeded());
  EXPECT_EQ(delete_runs(), 1u);
  EXPECT_FALSE(exists(run));
  EXPECT_EQ(delivery(open_one.id).run_id, run.id) << "the delivery stays as long as deliveries do";
}

TEST_F(Retention, GoesInStepsOfTheGivenSize) {
  for (int i = 0; i < 3; ++i) add_finished_run();
  const RunRow talkative = add_finished_run();
  std::vector<RunEvent> events;
  for (int i = 1; i <= 4; ++i) events.push_back({2 * i, clock.now(), "log", "info", "text"});
  for (int i = 1; i <= 3; ++i) events.push_back({2 * i + 1, clock.now(), "step", "", "{}"});
  write([&](Tx& tx) { insert_run_events(tx, talkative.id, events); });
  clock.advance(2h);
  std::size_t steps = 1;
  while (delete_runs(3) == 3) ++steps;
  EXPECT_EQ(steps, 4u) << "11 rows in steps of 3";
  EXPECT_THAT(rows_left(), ElementsAre("0|0|0|0|0|0|0|0"));
}

TEST_F(Retention, DeletesOldDeliveriesThatAreFinished) {
  for (int i = 0; i < 3; ++i) {
    add_delivery(webhook);
    record(claim(webhook, 1).claimed.at(0).attempt, i == 0 ? failed() : succeeded());
  }
  const DeliveryId waits = add_delivery(webhook, clock.now() + 10h);
  clock.advance(2h);
  const DeliveryId fresh = add_delivery(webhook);
  record(claim(webhook, 1).claimed.at(0).attempt, succeeded());
  EXPECT_EQ(delete_deliveries(2), 2u);
  EXPECT_EQ(delete_deliveries(2), 1u);
  EXPECT_EQ(delivery(waits).status, DeliveryStatus::pending);
  EXPECT_EQ(attempts(fresh).size(), 1u);
  EXPECT_THAT(rows_left(), ElementsAre("0|0|0|0|0|2|2|1"));
}

}  // namespace
}  // namespace crewship
