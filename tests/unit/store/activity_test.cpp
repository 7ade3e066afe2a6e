// What the transactions count while runs and deliveries end.
#include <crewship/store/activity.hpp>

#include <gmock/gmock.h>

#include <crewship/base/time_format.hpp>

#include "../../../src/store/schema.hpp"
#include "raw_database.hpp"
#include "store_fixture.hpp"

namespace crewship {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ActivityTest : public OpenStoreTest {
 protected:
  void end_run(RunStatus status, Environment environment = Environment::production) {
    auto run = new_run(deployment, version);
    run.environment = environment;
    write([&](Tx& tx) { insert_run(tx, run); }, Undo::group);
    run.status = status;
    run.completed_at = clock.now();
    if (status == RunStatus::failed) run.error_message = "exited with status 3";
    write([&](Tx& tx) { update_run(tx, run); }, Undo::group);
  }
  ActivityPieces last_hours() const { return {clock.now() - 3h, 1min, 240}; }
  std::vector<std::string> runs(std::optional<Environment> environment = {}) {
    return texts(read([&](Tx& tx) { return run_activity(tx, last_hours(), environment); }));
  }
  std::vector<std::string> delivered(std::optional<Environment> environment = {}) {
    return texts(read([&](Tx& tx) { return delivery_activity(tx, last_hours(), environment); }));
  }
  // "10:30 2/1/0": succeeded, failed, canceled; of the pieces in which something ended.
  static std::vector<std::string> texts(const std::vector<Activity>& pieces) {
    std::vector<std::string> all;
    for (const auto& piece : pieces) {
      if (piece.succeeded + piece.failed + piece.canceled == 0) continue;
      all.push_back(format_timestamp(piece.from).substr(11, 5) + " " + std::to_string(piece.succeeded) + "/" +
                    std::to_string(piece.failed) + "/" + std::to_string(piece.canceled));
    }
    return all;
  }
  std::vector<FailingWebhook> failing() {
    return read([](Tx& tx) { return failing_webhooks(tx, 100); });
  }
  std::vector<FailingVersion> failing_versions_now() {
    return read([](Tx& tx) { return failing_versions(tx, 100); });
  }
  void switch_to(const OutgoingWebhookId& webhook, bool enabled) {
    OutgoingWebhookPatch patch;
    patch.enabled = enabled;
    write([&](Tx& tx) { update_outgoing_webhook(tx, webhook, patch, clock.now()); });
  }
  void go_live(Environment environment = Environment::production) {
    write([&](Tx& tx) { set_environment(tx, deployment, environment, version, clock.now()); });
  }
};

TEST_F(ActivityTest, RunsAreCountedInTheMinuteTheyEnd) {
  end_run(RunStatus::succeeded);
  end_run(RunStatus::succeeded);
  end_run(RunStatus::canceled);
  clock.advance(59s);
  end_run(RunStatus::failed);
  clock.advance(1s);
  end_run(RunStatus::failed, Environment::staging);
  EXPECT_THAT(runs(Environment::production), ElementsAre("10:30 2/1/1"));
  EXPECT_THAT(runs(Environment::staging), ElementsAre("10:31 0/1/0"));
  EXPECT_THAT(runs(), ElementsAre("10:30 2/1/1", "10:31 0/1/0"));
}

TEST_F(ActivityTest, LongerPiecesAreSummedUp) {
  end_run(RunStatus::succeeded);
  clock.advance(29min);
  end_run(RunStatus::succeeded, Environment::staging);
  end_run(RunStatus::failed);
  clock.advance(1min);
  end_run(RunStatus::canceled);
  const auto of = [this](std::optional<Environment> environment) {
    const WallTime begin = clock.now() - 90min;
    return texts(read([&](Tx& tx) { return run_activity(tx, {begin, 30min, 4}, environment); }));
  };
  EXPECT_THAT(of({}), ElementsAre("10:30 2/1/0", "11:00 0/0/1"));
  EXPECT_THAT(of(Environment::staging), ElementsAre("10:30 1/0/0"));
}

TEST_F(ActivityTest, DeliveriesAreCountedHoweverTheyEnd) {
  const auto webhook = add_outgoing_webhook(deployment);
  for (int i = 0; i < 6; ++i) add_delivery(webhook);
  const auto claimed = claim(webhook, 4).claimed;
  record(claimed[0].attempt, succeeded());
  record(claimed[1].attempt, failed());
  record(claimed[2].attempt, retry(1h));
  EXPECT_THAT(delivered(), ElementsAre("10:30 1/1/0"));
  clock.advance(1min);
  // The three that wait; the one in flight then ends as its webhook is.
  switch_to(webhook, false);
  EXPECT_THAT(delivered(), ElementsAre("10:30 1/1/0", "10:31 0/3/0"));
  write([&](Tx& tx) { release_attempt(tx, claimed[3].attempt, clock.now()); });
  EXPECT_THAT(delivered(), ElementsAre("10:30 1/1/0", "10:31 0/4/0"));
  EXPECT_THAT(delivered(Environment::staging), IsEmpty());
}

TEST_F(ActivityTest, AWebhookFailsFromItsFirstFailedAttemptToItsNextSuccess) {
  const auto webhook = add_outgoing_webhook(deployment);
  for (int i = 0; i < 4; ++i) add_delivery(webhook);
  const auto claimed = claim(webhook).claimed;
  record(claimed[3].attempt, succeeded());
  EXPECT_THAT(failing(), IsEmpty());
  const WallTime since = clock.now();
  record(claimed[0].attempt, retry(1h));
  clock.advance(1min);
  record(claimed[1].attempt, failed());
  ASSERT_EQ(failing().size(), 1U);
  EXPECT_EQ(failing()[0].id, webhook);
  EXPECT_EQ(failing()[0].name, "receiver");
  EXPECT_EQ(failing()[0].failing.since, since);
  EXPECT_EQ(failing()[0].failing.failures, 2);
  EXPECT_EQ(failing()[0].failing.error, "connection refused");
  record(claimed[2].attempt, succeeded());
  EXPECT_THAT(failing(), IsEmpty());
}

TEST_F(ActivityTest, ADisabledWebhookNeedsNoAttention) {
  const auto webhook = add_outgoing_webhook(deployment);
  add_delivery(webhook);
  record(claim(webhook).claimed.at(0).attempt, failed());
  switch_to(webhook, false);
  EXPECT_THAT(failing(), IsEmpty());
  switch_to(webhook, true);
  EXPECT_THAT(failing(), IsEmpty()) << "it begins anew";
}

TEST_F(ActivityTest, ALiveVersionFailsUntilARunOfItSucceeds) {
  end_run(RunStatus::failed);
  EXPECT_THAT(failing_versions_now(), IsEmpty()) << "it is live nowhere";
  go_live();
  EXPECT_EQ(failing_versions_now().size(), 1U);
  end_run(RunStatus::succeeded);
  EXPECT_THAT(failing_versions_now(), IsEmpty());
  const WallTime since = clock.now();
  end_run(RunStatus::failed);
  clock.advance(1min);
  end_run(RunStatus::failed);
  end_run(RunStatus::canceled);
  end_run(RunStatus::succeeded, Environment::staging);
  ASSERT_EQ(failing_versions_now().size(), 1U);
  const FailingVersion found = failing_versions_now()[0];
  EXPECT_EQ(found.id, version);
  EXPECT_EQ(found.number, 1);
  EXPECT_EQ(found.deployment_name, "crew");
  EXPECT_EQ(found.environment, Environment::production);
  EXPECT_EQ(found.failing.since, since);
  EXPECT_EQ(found.failing.failures, 2);
  EXPECT_EQ(found.failing.error, "exited with status 3");
  end_run(RunStatus::succeeded);
  EXPECT_THAT(failing_versions_now(), IsEmpty());
}

TEST_F(ActivityTest, IsForgottenInSteps) {
  for (int i = 0; i < 5; ++i) {
    end_run(RunStatus::succeeded);
    clock.advance(1min);
  }
  const auto forget = [this](WallTime before) {
    return write([&](Tx& tx) { return delete_old_activity(tx, before, 2); });
  };
  EXPECT_EQ(forget(clock.now() - 2min), 2U);
  EXPECT_EQ(forget(clock.now() - 2min), 1U);
  EXPECT_THAT(runs(), ElementsAre("10:33 1/0/0", "10:34 1/0/0"));
}

TEST_F(ActivityTest, WhatEndedBeforeTheUpgradeIsCounted) {
  RawDatabase raw(dir / "older.db");
  for (const Migration& migration : migrations().first(4)) raw.execute(migration.sql);
  raw.execute(
      "INSERT INTO runs(id, deployment_id, version_id, version_number, environment, status, created_at, completed_at) "
      "VALUES('run_1', 'dep_1', 'ver_1', 1, 'staging', 'failed', 1, 60000), "
      "('run_2', 'dep_1', 'ver_1', 1, 'staging', 'running', 1, NULL);"
      "INSERT INTO outgoing_webhooks(id, deployment_id, name, environment, url, events, enabled, created_at) "
      "VALUES('owh_1', 'dep_1', 'a', 'staging', 'http://a/', 'run.failed', 1, 1);"
      "INSERT INTO deliveries(id, outgoing_webhook_id, event, status, retry_step, is_retry, attempt_count, "
      "redelivery_requested, created_at, completed_at) VALUES"
      "('dlv_1', 'owh_1', 'run.failed', 'succeeded', 0, 1, 1, 0, 1, 119999), "
      "('dlv_2', 'owh_1', 'run.failed', 'pending', 0, 0, 0, 0, 1, NULL)");
  raw.execute(migrations()[4].sql);
  EXPECT_EQ(migrations()[4].name, "activity");
  EXPECT_THAT(raw.query("SELECT * FROM run_minutes"), ElementsAre("1|staging|0|1|0"));
  EXPECT_THAT(raw.query("SELECT * FROM delivery_minutes"), ElementsAre("1|staging|1|0"));
}

}  // namespace
}  // namespace crewship
