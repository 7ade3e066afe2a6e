// Every transition of a run: which are possible, what they set and what they leave alone.
#include <crewship/domain/run.hpp>

#include <chrono>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace crewship {
namespace {

using std::chrono::milliseconds;

constexpr WallTime created{milliseconds{1'736'936'955'000}};
constexpr WallTime started = created + milliseconds{15};
constexpr WallTime ended = created + milliseconds{4'015};

Run pending_run() {
  Run run;
  run.id = RunId::trusted("run_1");
  run.deployment_id = DeploymentId::trusted("dep_1");
  run.version_id = VersionId::trusted("ver_1");
  run.version_number = 7;
  run.environment = Environment::staging;
  run.input = R"({"topic":"AI"})";
  run.incoming_webhook_id = IncomingWebhookId::trusted("iwh_1");
  run.created_at = created;
  return run;
}

Run running_run() { return advance(pending_run(), RunStarted{}, started).value(); }

Run run_in(RunStatus status) {
  switch (status) {
    case RunStatus::pending:
      return pending_run();
    case RunStatus::running:
      return running_run();
    case RunStatus::succeeded:
      return advance(running_run(), RunSucceeded{"{}"}, ended).value();
    case RunStatus::failed:
      return advance(running_run(), RunFailed{"why"}, ended).value();
    case RunStatus::canceled:
      return advance(running_run(), RunCanceled{}, ended).value();
  }
  return {};
}

void expect_same_identity(const Run& before, const Run& after) {
  EXPECT_EQ(after.id, before.id);
  EXPECT_EQ(after.deployment_id, before.deployment_id);
  EXPECT_EQ(after.version_id, before.version_id);
  EXPECT_EQ(after.version_number, before.version_number);
  EXPECT_EQ(after.environment, before.environment);
  EXPECT_EQ(after.input, before.input);
  EXPECT_EQ(after.incoming_webhook_id, before.incoming_webhook_id);
  EXPECT_EQ(after.created_at, before.created_at);
}

TEST(Advance, EachChangeInEachState) {
  using enum RunStatus;
  struct Case {
    RunStatus from{};
    std::optional<RunStatus> on_started, on_succeeded, on_failed, on_canceled;
  };
  const std::optional<RunStatus> no;
  for (const auto& c : {
           Case{pending, running, no, failed, canceled},
           Case{running, no, succeeded, failed, canceled},
           Case{succeeded, no, no, no, no},
           Case{failed, no, no, no, no},
           Case{canceled, no, no, no, no},
       }) {
    const auto run = run_in(c.from);
    ASSERT_EQ(run.status, c.from);
    const auto status_after = [&](const RunChange& change) -> std::optional<RunStatus> {
      const auto after = advance(run, change, ended);
      if (!after) return std::nullopt;
      expect_same_identity(run, *after);
      return after->status;
    };
    EXPECT_EQ(status_after(RunStarted{}), c.on_started) << to_string(c.from);
    EXPECT_EQ(status_after(RunSucceeded{"{}"}), c.on_succeeded) << to_string(c.from);
    EXPECT_EQ(status_after(RunFailed{"why"}), c.on_failed) << to_string(c.from);
    EXPECT_EQ(status_after(RunCanceled{}), c.on_canceled) << to_string(c.from);
  }
}

TEST(Advance, StartSetsStartedAtAlone) {
  const auto run = running_run();
  EXPECT_EQ(run.started_at, started);
  EXPECT_EQ(run.completed_at, std::nullopt);
  EXPECT_EQ(run.output, std::nullopt);
  EXPECT_EQ(run.error_message, std::nullopt);
}

TEST(Advance, SuccessHasAnOutputAndNoError) {
  const auto run = advance(running_run(), RunSucceeded{R"({"a":1})"}, ended).value();
  EXPECT_EQ(run.output, R"({"a":1})");
  EXPECT_EQ(run.error_message, std::nullopt);
  EXPECT_EQ(run.started_at, started);
  EXPECT_EQ(run.completed_at, ended);
}

TEST(Advance, FailureHasAnErrorAndNoOutput) {
  const auto run = advance(running_run(), RunFailed{"exited with status 3"}, ended).value();
  EXPECT_EQ(run.output, std::nullopt);
  EXPECT_EQ(run.error_message, "exited with status 3");
  EXPECT_EQ(run.started_at, started);
  EXPECT_EQ(run.completed_at, ended);
}

TEST(Advance, CancellationHasNeither) {
  const auto run = advance(running_run(), RunCanceled{}, ended).value();
  EXPECT_EQ(run.output, std::nullopt);
  EXPECT_EQ(run.error_message, std::nullopt);
  EXPECT_EQ(run.started_at, started);
  EXPECT_EQ(run.completed_at, ended);
}

TEST(Advance, ARunThatNeverStartedHasNoStartedAt) {
  for (const RunChange& change : {RunChange(RunFailed{"no such program"}), RunChange(RunCanceled{})}) {
    const auto run = advance(pending_run(), change, ended).value();
    EXPECT_EQ(run.started_at, std::nullopt);
    EXPECT_EQ(run.completed_at, ended);
  }
}

TEST(Advance, AClockThatIsSetBackMakesNoNegativeDuration) {
  const auto earlier = created - std::chrono::hours{1};
  const auto begun = advance(pending_run(), RunStarted{}, earlier).value();
  EXPECT_EQ(begun.started_at, created);
  for (const RunChange& change :
       {RunChange(RunSucceeded{"{}"}), RunChange(RunFailed{"why"}), RunChange(RunCanceled{})}) {
    EXPECT_EQ(advance(running_run(), change, earlier).value().completed_at, started);
  }
  EXPECT_EQ(advance(pending_run(), RunFailed{"why"}, earlier).value().completed_at, created);
}

TEST(IsTerminal, OnlyTheThreeEnds) {
  EXPECT_FALSE(is_terminal(RunStatus::pending));
  EXPECT_FALSE(is_terminal(RunStatus::running));
  EXPECT_TRUE(is_terminal(RunStatus::succeeded));
  EXPECT_TRUE(is_terminal(RunStatus::failed));
  EXPECT_TRUE(is_terminal(RunStatus::canceled));
}

TEST(EventOf, SubscribersHearOfSuccessAndFailureOnly) {
  EXPECT_EQ(event_of(run_in(RunStatus::succeeded)), EventType::run_succeeded);
  EXPECT_EQ(event_of(run_in(RunStatus::failed)), EventType::run_failed);
  EXPECT_EQ(event_of(run_in(RunStatus::canceled)), std::nullopt);
  EXPECT_EQ(event_of(run_in(RunStatus::pending)), std::nullopt);
  EXPECT_EQ(event_of(run_in(RunStatus::running)), std::nullopt);
}

}  // namespace
}  // namespace crewship
