// New runs of a group are inserted several at a time; nobody may be able to tell.
#include <algorithm>
#include <list>

#include <gmock/gmock.h>

#include <crewship/store/activity.hpp>

#include "group_fixture.hpp"
#include "raw_database.hpp"

namespace crewship {
namespace {

using RunRow = crewship::Run;  // testing::Test has a Run of its own

class NewRuns : public GroupCommit {
 protected:
  void SetUp() override {
    GroupCommit::SetUp();
    deployment = add_deployment();
    version = add_version(deployment);
  }
  RunRow ended_run() {
    RunRow run = new_run(deployment, version);
    run.status = RunStatus::succeeded;
    run.started_at = clock.now();
    run.completed_at = clock.now() + 5ms;
    run.output = R"({"of":")" + run.id.text() + R"("})";
    return run;
  }
  auto add(const RunRow& run) {
    return [run](Tx& tx) -> Result<> {
      insert_run(tx, run);
      return {};
    };
  }
  auto add_and_fail(const RunRow& run) {
    return [run](Tx& tx) -> Result<> {
      insert_run(tx, run);
      return fail(ErrorKind::conflict, "no", "No.");
    };
  }
  auto look(const RunRow& run, bool& found) {
    return [&run, &found](Tx& tx) -> Result<> {
      found = find_run(tx, run.id).has_value();
      return {};
    };
  }
  bool is_there(const RunRow& run) {
    return read([&](Tx& tx) { return find_run(tx, run.id).has_value(); });
  }
  void run_group() {
    release_writer();
    loop.until([&] { return std::ranges::all_of(outcomes, &Outcome::has_value); });
  }
  Outcome& next_outcome() { return outcomes.emplace_back(); }

  DeploymentId deployment;
  VersionId version;
  std::list<Outcome> outcomes;
};

TEST_F(NewRuns, OfOneGroupAreAllWrittenInTheirOrder) {
  for (const std::size_t count : {1U, 3U, 4U, 15U, 16U, 17U, 39U}) {
    std::vector<RunRow> runs;
    hold_writer();
    for (std::size_t i = 0; i < count; ++i) {
      RunRow run = ended_run();
      if (i % 3 == 1) run.input = R"({"number":)" + std::to_string(i) + "}";
      if (i % 5 == 2) run.input = R"({"long":")" + std::string(1'100, 'x') + R"("})";
      if (i % 4 == 3) run.output = R"({"long":")" + std::string(10'000, 'y') + R"("})";
      spawn(add(run), next_outcome(), Undo::group);
      runs.insert(runs.begin(), std::move(run));
    }
    run_group();
    const auto found = read([&](Tx& tx) { return list_runs(tx, {}, {count, std::nullopt}); });
    ASSERT_EQ(found.rows.size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(found.rows[i].id, runs[i].id);
      EXPECT_EQ(found.rows[i].status, RunStatus::succeeded);
      EXPECT_EQ(found.rows[i].input, runs[i].input);
      EXPECT_EQ(found.rows[i].output, runs[i].output);
      EXPECT_EQ(found.rows[i].completed_at, runs[i].completed_at);
    }
  }
  const auto counted = read([&](Tx& tx) { return run_activity(tx, {clock.now(), 1min, 1}, std::nullopt); });
  EXPECT_EQ(counted.front().succeeded, 1 + 3 + 4 + 15 + 16 + 17 + 39);
}

TEST_F(NewRuns, AreSeenByTheJobsBehindThem) {
  const RunRow run = ended_run();
  const RunRow other = ended_run();
  bool found = false;
  bool found_other = false;
  std::size_t listed = 0;
  hold_writer();
  spawn(add(run), next_outcome(), Undo::group);
  spawn(look(run, found), next_outcome(), Undo::group);
  spawn(add(other), next_outcome(), Undo::group);
  spawn(look(other, found_other), next_outcome());
  spawn(
      [&](Tx& tx) -> Result<> {
        listed = list_runs(tx, {{}, {}, RunStatus::succeeded}, {}).rows.size();
        return {};
      },
      next_outcome(), Undo::group);
  run_group();
  EXPECT_TRUE(found);
  EXPECT_TRUE(found_other);
  EXPECT_EQ(listed, 2u);
}

TEST_F(NewRuns, OutliveAJobThatIsUndoneAlone) {
  const RunRow run = ended_run();
  const RunRow undone = ended_run();
  const RunRow last = ended_run();
  hold_writer();
  spawn(add(run), next_outcome(), Undo::group);
  spawn(add_and_fail(undone), next_outcome());
  spawn(add(last), next_outcome(), Undo::group);
  run_group();
  EXPECT_TRUE(is_there(run));
  EXPECT_FALSE(is_there(undone));
  EXPECT_TRUE(is_there(last));
}

TEST_F(NewRuns, OutliveAJobThatFailsWithoutAChange) {
  const RunRow run = ended_run();
  hold_writer();
  spawn(add(run), next_outcome(), Undo::group);
  spawn(
      [&](Tx& tx) -> Result<> {
        find_run(tx, run.id);  // has the run before it written
        return fail(ErrorKind::conflict, "no", "No.");
      },
      next_outcome(), Undo::group);
  run_group();
  EXPECT_TRUE(outcomes.front()->has_value());
  EXPECT_EQ(outcomes.back()->error().code, "no");
  EXPECT_TRUE(is_there(run));
}

TEST_F(NewRuns, AreAChangeOfTheirJob) {
  const RunRow run = ended_run();
  const RunRow undone = ended_run();
  const RunRow last = ended_run();
  hold_writer();
  spawn(add(run), next_outcome(), Undo::group);
  spawn(add_and_fail(undone), next_outcome(), Undo::group);
  spawn(add(last), next_outcome(), Undo::group);
  run_group();
  EXPECT_FALSE(outcomes.front()->has_value()) << "what shares the commit of a job that fails late is undone with it";
  EXPECT_FALSE(is_there(run));
  EXPECT_FALSE(is_there(undone));
  EXPECT_TRUE(outcomes.back()->has_value());
  EXPECT_TRUE(is_there(last));
}

TEST_F(NewRuns, OfAJobThatFailsAloneInItsGroupAreForgotten) {
  const RunRow undone = ended_run();
  spawn(add_and_fail(undone), next_outcome(), Undo::group);
  loop.until([&] { return outcomes.back().has_value(); });
  const RunRow next = ended_run();
  spawn(add(next), next_outcome(), Undo::group);
  loop.until([&] { return outcomes.back().has_value(); });
  EXPECT_FALSE(is_there(undone));
  EXPECT_TRUE(is_there(next));
}

// An id that is there twice stands for whatever SQLite may refuse.
TEST_F(NewRuns, ThatCannotBeWrittenAtTheEndFailTheirGroup) {
  const RunRow run = ended_run();
  hold_writer();
  spawn(add(run), next_outcome(), Undo::group);
  spawn(add(run), next_outcome(), Undo::group);
  run_group();
  EXPECT_EQ(outcomes.front()->error().code, "storage_failed");
  EXPECT_EQ(outcomes.back()->error().code, "storage_failed");
  EXPECT_FALSE(is_there(run));
  const RunRow next = ended_run();
  write([&](Tx& tx) { insert_run(tx, next); });
  EXPECT_TRUE(is_there(next));
}

TEST_F(NewRuns, ThatCannotBeWrittenForAJobBehindThemFailWithIt) {
  const RunRow run = ended_run();
  const RunRow last = ended_run();
  bool found = false;
  hold_writer();
  spawn(add(run), next_outcome(), Undo::group);
  spawn(add(run), next_outcome(), Undo::group);
  spawn(look(run, found), next_outcome(), Undo::group);
  spawn(add(last), next_outcome(), Undo::group);
  run_group();
  EXPECT_FALSE(outcomes.front()->has_value()) << "it must not be told that what is lost is there";
  EXPECT_TRUE(outcomes.back()->has_value());
  EXPECT_FALSE(is_there(run));
  EXPECT_TRUE(is_there(last));
}

TEST_F(NewRuns, ThatAreLostAreMissedEvenWhenTheJobMadeAsManyChanges) {
  const RunRow run = ended_run();
  write([&](Tx& tx) { insert_run(tx, run); });
  const Deployment other = new_deployment();
  hold_writer();
  spawn(add(run), next_outcome(), Undo::group);
  spawn(
      [&](Tx& tx) -> Result<> {
        insert_deployment(tx, other);
        find_run(tx, run.id);
        return {};
      },
      next_outcome(), Undo::group);
  run_group();
  EXPECT_FALSE(outcomes.front()->has_value());
  EXPECT_FALSE(outcomes.back()->has_value());
  EXPECT_FALSE(exists(other));
}

TEST_F(NewRuns, ThatCannotBeWrittenBeforeASavepointFailWithIt) {
  const RunRow run = ended_run();
  const RunRow last = ended_run();
  hold_writer();
  spawn(add(run), next_outcome(), Undo::group);
  spawn(add(run), next_outcome(), Undo::group);
  spawn(add(last), next_outcome());
  run_group();
  EXPECT_FALSE(outcomes.front()->has_value());
  EXPECT_FALSE(outcomes.back()->has_value());
  EXPECT_FALSE(is_there(run));
  EXPECT_FALSE(is_there(last));
}

}  // namespace
}  // namespace crewship
