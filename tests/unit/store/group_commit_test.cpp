// What a caller of Store::write may rely on: its changes are all there or none is, whatever its neighbours do.

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <gmock/gmock.h>

#include <crewship/store/activity.hpp>

#include "group_fixture.hpp"

namespace crewship {
namespace {

TEST_F(GroupCommit, AJobThatFailsUndoesItselfOnly) {
  const Deployment first = new_deployment();
  const Deployment refused = new_deployment();
  const Deployment thrown = new_deployment();
  const Deployment last = new_deployment();
  Outcome outcomes[5];
  hold_writer();
  spawn(insert(first), outcomes[0]);
  spawn(
      [&](Tx& tx) -> Result<> {
        insert_deployment(tx, refused);
        return fail(ErrorKind::conflict, "no", "No.");
      },
      outcomes[1]);
  spawn(
      [&](Tx& tx) -> Result<> {
        insert_deployment(tx, thrown);
        throw std::logic_error("a bug");
      },
      outcomes[2]);
  spawn(insert(first), outcomes[3]);  // the key exists: SQLite refuses
  spawn(insert(last), outcomes[4]);
  release_writer();
  loop.until([&] { return outcomes[4].has_value(); });

  EXPECT_TRUE(outcomes[0]->has_value());
  EXPECT_EQ(outcomes[1]->error().code, "no");
  EXPECT_EQ(outcomes[2]->error().code, "storage_failed");
  EXPECT_EQ(outcomes[3]->error().code, "storage_failed");
  EXPECT_TRUE(outcomes[4]->has_value());
  EXPECT_TRUE(exists(first));
  EXPECT_FALSE(exists(refused));
  EXPECT_FALSE(exists(thrown));
  EXPECT_TRUE(exists(last));
  EXPECT_TRUE(log.has_line("a database job ended with an exception", "a bug"));
  EXPECT_TRUE(fatal_errors.empty());
}

TEST_F(GroupCommit, AJobWithoutASavepointFailsAloneWhenItHasChangedNothing) {
  const Deployment first = new_deployment();
  const Deployment last = new_deployment();
  Outcome outcomes[3];
  hold_writer();
  spawn(insert(first), outcomes[0], Undo::group);
  spawn([&](Tx&) -> Result<> { return fail(ErrorKind::conflict, "no", "No."); }, outcomes[1], Undo::group);
  spawn(insert(last), outcomes[2], Undo::group);
  release_writer();
  loop.until([&] { return outcomes[2].has_value(); });
  EXPECT_TRUE(outcomes[0]->has_value());
  EXPECT_EQ(outcomes[1]->error().code, "no");
  EXPECT_TRUE(outcomes[2]->has_value());
  EXPECT_TRUE(exists(first));
  EXPECT_TRUE(exists(last));
}

TEST_F(GroupCommit, AJobWithoutASavepointThatFailsAfterAChangeTakesThoseBeforeItAlong) {
  const Deployment first = new_deployment();
  const Deployment thrown = new_deployment();
  const Deployment last = new_deployment();
  Outcome outcomes[3];
  hold_writer();
  spawn(insert(first), outcomes[0]);
  spawn(
      [&](Tx& tx) -> Result<> {
        insert_deployment(tx, thrown);
        throw std::logic_error("a bug");
      },
      outcomes[1], Undo::group);
  spawn(insert(last), outcomes[2]);
  release_writer();
  loop.until([&] { return outcomes[2].has_value(); });
  EXPECT_EQ(outcomes[0]->error().code, "storage_failed") << "it must not be told that what was undone is there";
  EXPECT_EQ(outcomes[1]->error().code, "storage_failed");
  EXPECT_TRUE(outcomes[2]->has_value());
  EXPECT_FALSE(exists(first));
  EXPECT_FALSE(exists(thrown));
  EXPECT_TRUE(exists(last));
}

TEST_F(GroupCommit, WhatWasWrongWithOneJobIsNotToldToThoseThatItTakesAlong) {
  Outcome outcomes[2];
  hold_writer();
  spawn(insert(new_deployment()), outcomes[0]);
  spawn(
      [&](Tx& tx) -> Result<> {
        insert_deployment(tx, new_deployment());
        return fail(ErrorKind::not_found, "not_found", "No such thing.");
      },
      outcomes[1], Undo::group);
  release_writer();
  loop.until([&] { return outcomes[1].has_value(); });
  EXPECT_EQ(outcomes[0]->error().code, "storage_failed");
  EXPECT_EQ(outcomes[1]->error().code, "not_found");
}

TEST_F(GroupCommit, AJobAloneIsUndoneToo) {
  const Deployment refused = new_deployment();
  Outcome outcome;
  spawn(
      [&](Tx& tx) -> Result<> {
        insert_deployment(tx, refused);
        return fail(ErrorKind::conflict, "no", "No.");
      },
      outcome);
  loop.until([&] { return outcome.has_value(); });
  EXPECT_EQ(outcome->error().code, "no");
  EXPECT_FALSE(exists(refused));
}

TEST_F(GroupCommit, RefusesMoreThanTheQueueHolds) {
  max_queued_writes = 3;
  reopen();
  Outcome outcomes[4];
  hold_writer();
  for (Outcome& outcome : outcomes) spawn(insert(new_deployment()), outcome);
  EXPECT_EQ(store->queued_writes(), 3u);
  loop.until([&] { return outcomes[3].has_value(); });
  EXPECT_EQ(outcomes[2]->error().code, "storage_busy");
  EXPECT_EQ(outcomes[3]->error().code, "storage_busy");
  EXPECT_EQ(outcomes[3]->error().kind, ErrorKind::unavailable);
  EXPECT_TRUE(outcomes[3]->error().retry_after);
  release_writer();
  loop.until([&] { return outcomes[1].has_value(); });
  EXPECT_TRUE(outcomes[0]->has_value());
  EXPECT_TRUE(outcomes[1]->has_value());
  EXPECT_EQ(store->queued_writes(), 0u);
}

TEST_F(GroupCommit, AReadSeesWhatWasWrittenBeforeIt) {
  for (int i = 0; i < 20; ++i) {
    const Deployment deployment = new_deployment();
    write([&](Tx& tx) { insert_deployment(tx, deployment); });
    EXPECT_TRUE(exists(deployment));
  }
}

TEST_F(GroupCommit, AReadCannotChangeAnything) {
  const Deployment deployment = new_deployment();
  const auto result = loop.run(store->read(insert(deployment)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "storage_failed");
  EXPECT_FALSE(exists(deployment));
  EXPECT_TRUE(fatal_errors.empty());
}

TEST_F(GroupCommit, ACancelledCallerStillGetsTheOutcome) {
  const Deployment deployment = new_deployment();
  Outcome outcome;
  asio::cancellation_signal cancel;
  hold_writer();
  asio::co_spawn(loop.context(), write_into(*store, insert(deployment), outcome),
                 asio::bind_cancellation_slot(cancel.slot(), asio::detached));
  loop.poll();
  cancel.emit(asio::cancellation_type::terminal);
  loop.poll();
  EXPECT_FALSE(outcome.has_value());
  release_writer();
  loop.until([&] { return outcome.has_value(); });
  EXPECT_TRUE(outcome->has_value());
  EXPECT_TRUE(exists(deployment));
}

TEST_F(GroupCommit, ClosingFinishesWhatIsQueued) {
  const Deployment deployment = new_deployment();
  Outcome outcome;
  hold_writer();
  spawn(insert(deployment), outcome);
  release_writer();
  close();
  loop.until([&] { return outcome.has_value(); });
  EXPECT_TRUE(outcome->has_value());
  open();
  EXPECT_TRUE(exists(deployment));
}

TEST_F(GroupCommit, ALoopThatIsGoneTakesItsCallersWithIt) {
  // The coroutine's frame, which the job refers to, must live until the job is done, and must be freed then.
  auto context = std::make_unique<asio::io_context>(1);
  StoreOptions options;
  options.data_dir = dir / "other";
  auto other = Store::open(options, context->get_executor(), clock, random);
  ASSERT_TRUE(other);
  Outcome outcome;
  const Deployment deployment = new_deployment();
  asio::co_spawn(*context, write_into(**other, insert(deployment), outcome), asio::detached);
  context->poll();
  other->reset();
  context.reset();
  EXPECT_FALSE(outcome.has_value());
}

// What the writer remembers of the configuration is never what the database does not hold.
class RememberedRows : public GroupCommit {
 protected:
  void SetUp() override {
    GroupCommit::SetUp();
    deployment = add_deployment();
    first = add_version(deployment);
    second = add_version(deployment);
    write([&](Tx& tx) { go_live(tx, first); });
    EXPECT_EQ(live_in_next_group(), first);
  }
  void go_live(Tx& tx, const VersionId& version) {
    set_environment(tx, deployment, Environment::production, version, clock.now());
  }
  auto look(VersionId& found) {
    return [this, &found](Tx& tx) -> Result<> {
      found = live_version(tx, deployment, Environment::production)->id;
      return {};
    };
  }
  VersionId live_in_next_group() {
    VersionId found;
    Outcome outcome;
    spawn(look(found), outcome, Undo::group);
    loop.until([&] { return outcome.has_value(); });
    return found;
  }

  DeploymentId deployment;
  VersionId first;
  VersionId second;
};

TEST_F(RememberedRows, AChangeIsSeenAtOnceByItsOwnJobAndThoseBehindIt) {
  VersionId before;
  VersionId own;
  VersionId next;
  Outcome outcomes[3];
  hold_writer();
  spawn(look(before), outcomes[2], Undo::group);
  spawn(
      [&](Tx& tx) -> Result<> {
        go_live(tx, second);
        return look(own)(tx);
      },
      outcomes[0]);
  spawn(look(next), outcomes[1], Undo::group);
  release_writer();
  loop.until([&] { return outcomes[1].has_value(); });
  EXPECT_EQ(before, first);
  EXPECT_EQ(own, second);
  EXPECT_EQ(next, second);
  EXPECT_EQ(live_in_next_group(), second);
}

TEST_F(RememberedRows, AChangeThatWasUndoneWithItsGroupIsForgotten) {
  VersionId seen;
  Outcome outcomes[3];
  hold_writer();
  spawn(
      [&](Tx& tx) -> Result<> {
        go_live(tx, second);
        return {};
      },
      outcomes[0]);
  spawn(look(seen), outcomes[1], Undo::group);
  spawn(
      [&](Tx& tx) -> Result<> {
        insert_deployment(tx, new_deployment());
        throw std::logic_error("a bug");
      },
      outcomes[2], Undo::group);
  release_writer();
  loop.until([&] { return outcomes[2].has_value(); });
  EXPECT_EQ(seen, second);
  EXPECT_EQ(outcomes[0]->error().code, "storage_failed");
  EXPECT_EQ(live_in_next_group(), first);
}

TEST_F(RememberedRows, AListOfRunsThatWasUndoneWithItsGroupIsMadeAgain) {
  auto run = new_run(deployment, first);
  run.status = RunStatus::succeeded;
  run.completed_at = clock.now();
  bool fails = true;
  const auto end_run = [&](Tx& tx) -> Result<> {
    insert_run(tx, run);
    if (fails) return fail(ErrorKind::conflict, "no", "No.");
    return {};
  };
  hold_writer();
  Outcome undone[2];
  spawn(end_run, undone[0], Undo::group);
  spawn(end_run, undone[1], Undo::group);
  release_writer();
  loop.until([&] { return undone[1].has_value(); });
  fails = false;
  Outcome done;
  spawn(end_run, done, Undo::group);
  loop.until([&] { return done.has_value(); });
  const RunFilter filter{.deployment_id = deployment, .environment = {}, .status = RunStatus::succeeded};
  EXPECT_EQ(read([&](Tx& tx) { return list_runs(tx, filter, {}).rows.size(); }), 1u);
}

TEST_F(RememberedRows, AJobThatIsUndoneCountsNothing) {
  const auto end_run = [&](Tx& tx) -> Result<> {
    auto run = new_run(deployment, first);
    run.status = RunStatus::succeeded;
    run.completed_at = clock.now();
    insert_run(tx, run);
    return {};
  };
  Outcome outcomes[4];
  hold_writer();
  spawn(end_run, outcomes[0]);
  spawn(
      [&](Tx& tx) -> Result<> {
        if (auto ended = end_run(tx); !ended) return ended;
        return fail(ErrorKind::conflict, "no", "No.");
      },
      outcomes[1]);
  spawn(end_run, outcomes[2], Undo::group);
  release_writer();
  loop.until([&] { return outcomes[2].has_value(); });
  spawn(
      [&](Tx& tx) -> Result<> {
        if (auto ended = end_run(tx); !ended) return ended;
        return fail(ErrorKind::conflict, "no", "No.");
      },
      outcomes[3]);
  loop.until([&] { return outcomes[3].has_value(); });
  write([&](Tx& tx) { return end_run(tx).has_value(); });
  const auto counted =
      read([&](Tx& tx) { return run_activity(tx, {clock.now(), std::chrono::minutes(1), 1}, std::nullopt); });
  EXPECT_EQ(counted.front().succeeded, 3);
}

}  // namespace
}  // namespace crewship
