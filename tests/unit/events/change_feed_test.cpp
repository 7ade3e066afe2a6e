// Listening to the whole server: what a listener gets, and when it is told to read its lists again.
#include <crewship/events/change_feed.hpp>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <crewship/base/ids.hpp>

#include "support/fake_clock.hpp"
#include "support/fixed_random.hpp"
#include "support/run_loop.hpp"

namespace crewship {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using Json = nlohmann::json;

class ChangeFeedTest : public testing::Test {
 protected:
  struct Frame {
    std::int64_t id;
    Json data;
  };

  crewship::Run run_in(RunStatus status) {
    crewship::Run run;
    run.id = ids.make<RunId>();
    run.deployment_id = deployment;
    run.version_id = ids.make<VersionId>();
    run.status = status;
    run.created_at = clock.now();
    return run;
  }
  // All that can be had without waiting.
  std::vector<Frame> frames(ChangeWatch& watch) {
    std::vector<Frame> result;
    for (;;) {
      const std::string text = loop.run(watch.next(0ns)).bytes;
      if (text.empty()) return result;
      for (std::size_t at = 0; at < text.size();) {
        const auto line = text.find('\n', at);
        const auto end = text.find("\n\n", at);
        result.push_back(
            {std::stoll(text.substr(at + 4, line - at - 4)), Json::parse(text.substr(line + 7, end - line - 7))});
        at = end + 2;
      }
    }
  }
  std::vector<std::string> types(ChangeWatch& watch) {
    std::vector<std::string> result;
    for (const Frame& frame : frames(watch)) result.push_back(frame.data["type"]);
    return result;
  }

  RunLoop loop;
  FakeClock clock;
  FixedRandom random;
  IdGenerator ids{clock, random};
  DeploymentId deployment = ids.make<DeploymentId>();
  ChangeFeed feed{loop.executor(), clock, 1048576};
};

TEST_F(ChangeFeedTest, TellsEachChangeOfARun) {
  ChangeWatch watch(feed, {}, {});
  auto run = run_in(RunStatus::pending);
  feed.run_changed(run);
  run.status = RunStatus::running;
  run.started_at = clock.now();
  feed.run_changed(run);
  run.status = RunStatus::failed;
  run.completed_at = clock.now();
  run.error_message = "exited with status 3";
  feed.run_changed(run);
  const auto told = frames(watch);
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[0].data["type"], "run.pending");
  EXPECT_EQ(told[0].data["data"]["started_at"], nullptr);
  EXPECT_EQ(told[1].data["type"], "run.started");
  EXPECT_EQ(told[2].data["type"], "run.failed");
  EXPECT_EQ(told[2].data["payload"], told[2].data["data"]);
  const Json& data = told[2].data["data"];
  EXPECT_EQ(data["run_id"], run.id.text());
  EXPECT_EQ(data["deployment_id"], deployment.text());
  EXPECT_EQ(data["status"], "failed");
  EXPECT_EQ(data["error_message"], "exited with status 3");
  EXPECT_EQ(data["completed_at"], "2025-01-15T10:30:00.000Z");
  EXPECT_LT(told[0].id, told[1].id);
}

TEST_F(ChangeFeedTest, TellsTheStartOfARunThatHasEndedSinceAsItWas) {
  ChangeWatch watch(feed, {}, {});
  auto run = run_in(RunStatus::failed);
  run.started_at = run.completed_at = clock.now();
  run.error_message = "handler failed";
  feed.run_started(run);
  const auto told = frames(watch);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].data["type"], "run.started");
  const Json& data = told[0].data["data"];
  EXPECT_EQ(data["status"], "running");
  EXPECT_EQ(data["started_at"], "2025-01-15T10:30:00.000Z");
  EXPECT_EQ(data["completed_at"], nullptr);
  EXPECT_EQ(data["error_message"], nullptr);
}

TEST_F(ChangeFeedTest, TellsAttemptsAndWhatBecomesOfTheDelivery) {
  ChangeWatch watch(feed, {}, {});
  Delivery delivery;
  delivery.id = ids.make<DeliveryId>();
  delivery.outgoing_webhook_id = ids.make<OutgoingWebhookId>();
  const DeliveryScope scope{deployment, Environment::staging};
  feed.delivery_pending(delivery, scope);
  Attempt attempt;
  attempt.number = 1;
  attempt.status = AttemptStatus::failed;
  attempt.response_status = 500;
  attempt.error = "answered 500";
  attempt.duration = 7ms;
  feed.attempt_ended(delivery, attempt, scope);
  delivery.status = DeliveryStatus::succeeded;
  feed.attempt_ended(delivery, attempt, scope);
  const auto told = frames(watch);
  ASSERT_EQ(told.size(), 4u);
  EXPECT_EQ(told[0].data["type"], "delivery.pending");
  EXPECT_FALSE(told[0].data["data"].contains("attempt"));
  EXPECT_EQ(told[1].data["type"], "delivery.attempt");
  EXPECT_EQ(told[1].data["data"]["attempt"]["response_status"], 500);
  EXPECT_EQ(told[1].data["data"]["attempt"]["duration_ms"], 7);
  EXPECT_EQ(told[1].data["data"]["environment"], "staging");
  EXPECT_EQ(told[1].data["data"]["run_id"], nullptr);
  EXPECT_EQ(told[2].data["type"], "delivery.attempt");
  EXPECT_EQ(told[3].data["type"], "delivery.succeeded");
}

TEST_F(ChangeFeedTest, TellsOnlyWhatWasAskedFor) {
  ChangeWatch starts(feed, {.types = {ChangeType::run_started, ChangeType::run_canceled}}, {});
  ChangeWatch elsewhere(feed, {.deployment_id = ids.make<DeploymentId>()}, {});
  ChangeWatch staging(feed, {.environment = Environment::staging}, {});
  feed.run_changed(run_in(RunStatus::running));
  auto staged = run_in(RunStatus::succeeded);
  staged.environment = Environment::staging;
  feed.run_changed(staged);
  feed.much_changed();
  EXPECT_THAT(types(starts), ElementsAre("run.started", "reset"));
  EXPECT_THAT(types(elsewhere), ElementsAre("reset"));
  EXPECT_THAT(types(staging), ElementsAre("run.succeeded", "reset"));
}

TEST_F(ChangeFeedTest, WhoComesBackGoesOnWhereItWas) {
  ChangeWatch stays(feed, {}, {});
  feed.run_changed(run_in(RunStatus::pending));
  const auto seen = frames(stays).back().id;
  feed.run_changed(run_in(RunStatus::running));
  ChangeWatch back(feed, {}, seen);
  EXPECT_THAT(types(back), ElementsAre("run.started"));
  ChangeWatch fresh(feed, {}, {});
  EXPECT_THAT(types(fresh), IsEmpty());
}

TEST_F(ChangeFeedTest, RemembersForAWhileWhenTheLastListenerLeft) {
  std::int64_t seen = 0;
  {
    ChangeWatch watch(feed, {}, {});
    feed.run_changed(run_in(RunStatus::pending));
    seen = frames(watch).back().id;
  }
  clock.advance(4min);
  feed.run_changed(run_in(RunStatus::running));
  {
    ChangeWatch back(feed, {}, seen);
    const auto told = frames(back);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].data["type"], "run.started");
    seen = told[0].id;
  }
  clock.advance(6min);
  {
    ChangeWatch back(feed, {}, seen);
    EXPECT_THAT(types(back), IsEmpty()) << "nothing has happened";
  }
  clock.advance(6min);
  feed.run_changed(run_in(RunStatus::running));
  ChangeWatch late(feed, {}, seen);
  EXPECT_THAT(types(late), ElementsAre("reset")) << "what happened was not recorded";
}

TEST_F(ChangeFeedTest, SaysResetWhenWhatWasMissedIsNotKept) {
  ChangeFeed small(loop.executor(), clock, 2000);
  ChangeWatch slow(small, {}, {});
  for (int i = 0; i < 100; ++i) small.run_changed(run_in(RunStatus::pending));
  EXPECT_THAT(types(slow), ElementsAre("reset"));
  small.run_changed(run_in(RunStatus::running));
  EXPECT_THAT(types(slow), ElementsAre("run.started"));
}

TEST_F(ChangeFeedTest, IdsOfAnEarlierProcessMeanReset) {
  ChangeWatch watch(feed, {}, {});
  feed.run_changed(run_in(RunStatus::pending));
  const auto seen = frames(watch).back().id;
  clock.advance(1s);
  ChangeFeed restarted(loop.executor(), clock, 1048576);
  ChangeWatch back(restarted, {}, seen);
  EXPECT_THAT(types(back), ElementsAre("reset"));
  clock.jump_wall(-1h);
  ChangeFeed in_the_past(loop.executor(), clock, 1048576);
  ChangeWatch confused(in_the_past, {}, seen);
  EXPECT_THAT(types(confused), ElementsAre("reset"));
}

TEST_F(ChangeFeedTest, WakesWhoWaitsAndEndsAllWhenItCloses) {
  ChangeWatch watch(feed, {}, {});
  std::vector<ChangePiece> pieces;
  const auto listen = [&] {
    asio::co_spawn(loop.context(), watch.next(15s),
                   [&](const std::exception_ptr&, ChangePiece piece) { pieces.push_back(std::move(piece)); });
    loop.poll();
  };
  listen();
  EXPECT_THAT(pieces, IsEmpty());
  feed.run_changed(run_in(RunStatus::pending));
  loop.until([&] { return pieces.size() == 1; });
  EXPECT_FALSE(pieces[0].bytes.empty());
  listen();
  clock.advance(15s);
  loop.until([&] { return pieces.size() == 2; });
  EXPECT_TRUE(pieces[1].bytes.empty());
  EXPECT_FALSE(pieces[1].end);
  listen();
  feed.close();
  loop.until([&] { return pieces.size() == 3; });
  EXPECT_TRUE(pieces[2].end);
}

}  // namespace
}  // namespace crewship
