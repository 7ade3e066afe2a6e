// When a launch starts a run, waits, or is refused; and what is recorded of it.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runs_fixture.hpp"

namespace crewship {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class LaunchTest : public RunsTest {
 protected:
  LaunchTest() { options.max_concurrent_runs = 1; }
  // Takes the only slot until let_go().
  RunId occupy() {
    deploy(shell("while [ ! -e " + mark("go") + " ]; do read x < /dev/null; done"));
    return launch()->run_id;
  }
  void let_go() { std::ofstream(mark("go")) << "\n"; }
  void disable_webhook() {
    write([this](Tx& tx) { update_incoming_webhook(tx, incoming, {.name = {}, .enabled = false}); });
  }
};

TEST_F(LaunchTest, NeedsALiveVersion) {
  const auto refused = launch();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
  EXPECT_EQ(refused.error().code, "no_running_version");
  EXPECT_EQ(refused.error().message, "No running version found for production environment");
  auto staging = request();
  staging.environment = Environment::staging;
  EXPECT_EQ(launch(staging).error().message, "No running version found for staging environment");
  auto unknown = request();
  unknown.deployment_id = ids.make<DeploymentId>();
  unknown.incoming_webhook_id = {};
  EXPECT_EQ(launch(unknown).error().kind, ErrorKind::not_found);
  EXPECT_THAT(all_runs(), IsEmpty());
  EXPECT_EQ(runs->running(), 0u);
}

TEST_F(LaunchTest, NeedsAnEnabledWebhook) {
  deploy(shell("true"));
  disable_webhook();
  EXPECT_EQ(launch().error().kind, ErrorKind::not_found);
  auto direct = request();
  direct.incoming_webhook_id = {};
  EXPECT_TRUE(launch(direct)) << "POST /v1/runs needs no webhook";
}

TEST_F(LaunchTest, WaitsForASlotAndIsNotYetARun) {
  const auto first = occupy();
  auto& waiting = call(request(R"({"second":true})"));
  loop.until([&] { return runs->waiting() == 1; });
  EXPECT_FALSE(waiting);
  EXPECT_THAT(all_runs(), SizeIs(1));
  // It is a request of the moment it is accepted: the version that is live then is pinned.
  const auto version = deploy(shell("cat"));
  let_go();
  await(waiting);
  ASSERT_TRUE(*waiting);
  EXPECT_EQ((*waiting)->version_id, version);
  EXPECT_EQ((*waiting)->version_number, 2);
  await_all_ends();
  EXPECT_EQ(row((*waiting)->run_id).output, R"({"second":true})");
  EXPECT_EQ(row(first).version_number, 1);
}

TEST_F(LaunchTest, IsRefusedWhenNothingBecameFree) {
  occupy();
  auto& waiting = call(request());
  loop.until([&] { return runs->waiting() == 1; });
  clock.advance(options.start_timeout);
  await(waiting);
  EXPECT_EQ(waiting->error().code, "no_free_slot");
  EXPECT_THAT(all_runs(), SizeIs(1));
}

TEST_F(LaunchTest, IsRefusedAtOnceWhenTheLineIsFull) {
  options.max_waiting_requests = 2;
  remake_executor();
  occupy();
  call(request());
  call(request());
  loop.until([&] { return runs->waiting() == 2; });
  const auto refused = launch();
  EXPECT_EQ(refused.error().kind, ErrorKind::too_many_requests);
  EXPECT_EQ(refused.error().code, "too_many_waiting");
  EXPECT_EQ(refused.error().retry_after, 1s);
}

TEST_F(LaunchTest, LeavesTheLineWhenTheCallerHangsUp) {
  occupy();
  FakeCaller caller;
  auto& gone = call(request(), caller);
  auto& next = call(request());
  loop.until([&] { return runs->waiting() == 2; });
  caller.hang_up();
  await(gone);
  EXPECT_FALSE(*gone);
  let_go();
  await(next);
  EXPECT_TRUE(*next);
  EXPECT_THAT(all_runs(), SizeIs(2));
}

TEST_F(LaunchTest, SaysBeforeWaitingThatThereIsNoVersion) {
  occupy();
  auto staging = request();
  staging.environment = Environment::staging;
  EXPECT_EQ(launch(staging).error().code, "no_running_version");
}

TEST_F(LaunchTest, LooksBeforeWaitingWhenNothingWasStartedThereLately) {
  occupy();
  write([this](Tx& tx) { clear_environment(tx, deployment, Environment::production); });
  auto& trusting = call(request());
  loop.until([&] { return runs->waiting() == 1; });
  clock.advance(1s);
  EXPECT_EQ(launch(request()).error().code, "no_running_version");
  let_go();
  await(trusting);
  EXPECT_EQ(trusting->error().code, "no_running_version") << "the transaction looks in any case";
}

TEST_F(LaunchTest, LooksAgainAfterWaiting) {
  occupy();
  auto& webhook_gone = call(request());
  loop.until([&] { return runs->waiting() == 1; });
  disable_webhook();
  let_go();
  await(webhook_gone);
  EXPECT_EQ(webhook_gone->error().kind, ErrorKind::not_found);

  std::filesystem::remove(mark("go"));
  write([this](Tx& tx) { update_incoming_webhook(tx, incoming, {.name = {}, .enabled = true}); });
  occupy();
  auto& version_gone = call(request());
  loop.until([&] { return runs->waiting() == 1; });
  write([this](Tx& tx) { clear_environment(tx, deployment, Environment::production); });
  let_go();
  await(version_gone);
  EXPECT_EQ(version_gone->error().code, "no_running_version");
  EXPECT_THAT(all_runs(), SizeIs(2));
}

TEST_F(LaunchTest, AStartThatFailsFreesTheSlot) {
  deploy(CommandRunner{{"no-such-program"}, {}});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(launch().error().code, "run_failed_to_start");
  EXPECT_EQ(runs->running(), 0u);
}

using IdempotencyTest = LaunchTest;

TEST_F(IdempotencyTest, OfManyAtOnceOneRuns) {
  options.max_concurrent_runs = 64;
  remake_executor();
  deploy(shell("cat"));
  for (int i = 0; i < 64; ++i) call(keyed("key"));
  loop.until([&] { return std::ranges::all_of(answers, &Answer::has_value); });
  EXPECT_THAT(all_runs(), SizeIs(1));
  const auto run = all_runs().front();
  EXPECT_EQ(std::ranges::count_if(answers, [](const auto& answer) { return (*answer)->replayed; }), 63);
  for (const auto& answer : answers) {
    EXPECT_EQ((*answer)->run_id, run.id);
    EXPECT_EQ((*answer)->version_id, run.version_id);
    EXPECT_EQ((*answer)->version_number, 1);
  }
}

TEST_F(IdempotencyTest, ReplaysAcrossARestartAndWithoutVersionOrSlot) {
  deploy(shell("true"));
  const auto first = launch_and_end(keyed("key"));
  remake_executor();
  occupy();
  write([this](Tx& tx) { clear_environment(tx, deployment, Environment::production); });
  const auto again = launch(keyed("key"));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->run_id, first.id);
  EXPECT_EQ(again->version_id, first.version_id);
}

TEST_F(IdempotencyTest, RefusesAnotherBodyAtOnceAndLater) {
  occupy();
  auto& waiting = call(keyed("key", R"({"a":1})"));
  loop.until([&] { return runs->waiting() == 1; });
  const auto refused = launch(keyed("key", R"({"a":2})"));
  EXPECT_EQ(refused.error().kind, ErrorKind::unprocessable);
  EXPECT_EQ(refused.error().code, "idempotency_key_reused");
  let_go();
  await(waiting);
  ASSERT_TRUE(*waiting);
  await_all_ends();
  EXPECT_EQ(launch(keyed("key", R"({"a":2})")).error().code, "idempotency_key_reused");
  EXPECT_EQ(launch(keyed("key", R"({"a":1})"))->run_id, (*waiting)->run_id);
}

TEST_F(IdempotencyTest, ForgetsAfterADay) {
  deploy(shell("true"));
  const auto first = launch_and_end(keyed("key"));
  clock.advance(24h - 1ms);
  EXPECT_EQ(launch(keyed("key"))->run_id, first.id);
  clock.advance(2ms);
  const auto second = launch(keyed("key"));
  EXPECT_NE(second->run_id, first.id);
  EXPECT_FALSE(second->replayed);
  EXPECT_EQ(launch(keyed("key"))->run_id, second->run_id);
}

TEST_F(IdempotencyTest, IsKeptForEachWebhook) {
  deploy(shell("true"));
  const auto through_webhook = launch_and_end(keyed("key"));
  auto direct = keyed("key");
  direct.incoming_webhook_id = {};
  const auto by_deployment = launch(direct);
  ASSERT_TRUE(by_deployment);
  EXPECT_NE(by_deployment->run_id, through_webhook.id);
  EXPECT_EQ(launch(direct)->run_id, by_deployment->run_id);
}

TEST_F(IdempotencyTest, WhenTheFirstCannotStartAllAreTold) {
  options.max_concurrent_runs = 64;
  remake_executor();
  deploy(CommandRunner{{"no-such-program"}, {}});
  for (int i = 0; i < 8; ++i) call(keyed("key"));
  loop.until([&] { return std::ranges::all_of(answers, &Answer::has_value); });
  ASSERT_THAT(all_runs(), SizeIs(1));
  for (const auto& answer : answers) {
    ASSERT_FALSE(*answer);
    EXPECT_EQ(answer->error().code, "run_failed_to_start");
    EXPECT_EQ(answer->error().run_id, all_runs().front().id.text());
  }
  EXPECT_EQ(launch(keyed("key")).error().code, "run_failed_to_start");
  EXPECT_THAT(all_runs(), SizeIs(2)) << "the key was free again";
}

TEST_F(IdempotencyTest, WhenTheFirstHangsUpInTheLineTheNextTakesOver) {
  occupy();
  FakeCaller first;
  FakeCaller second;
  auto& gone = call(keyed("key"), first);
  loop.until([&] { return runs->waiting() == 1; });
  auto& also_gone = call(keyed("key"), second);
  auto& last = call(keyed("key"));
  EXPECT_EQ(runs->waiting(), 1u) << "equal requests take one place";
  second.hang_up();
  await(also_gone);
  first.hang_up();
  await(gone);
  EXPECT_FALSE(last);
  loop.until([&] { return runs->waiting() == 1; });
  let_go();
  await(last);
  ASSERT_TRUE(*last);
  EXPECT_FALSE((*last)->replayed);
  EXPECT_THAT(all_runs(), SizeIs(2));
}

TEST_F(IdempotencyTest, GoesOnWhenTheCallerHangsUpAfterTheRow) {
  deploy(shell("true"));
  FakeCaller caller;
  auto& answer = call(keyed("key"), caller);
  EXPECT_FALSE(caller.watched()) << "nothing is to be called off any more";
  await(answer);
  EXPECT_TRUE(*answer);
}

}  // namespace
}  // namespace crewship
