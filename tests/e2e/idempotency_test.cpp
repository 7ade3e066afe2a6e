// Idempotency-Key: one run for one key, whatever happens in between.
#include <list>
#include <set>

#include <gtest/gtest.h>

#include "daemon.hpp"
#include "gate.hpp"
#include "raw_connection.hpp"

namespace crewship::testing_support {
namespace {

class IdempotencyKey : public DaemonTest {
 protected:
  Answer trigger(const Crew& crew, std::string_view body, const std::string& key = "k-1") {
    return daemon_->trigger(crew, body, {"Idempotency-Key: " + key});
  }
  std::size_t runs() { return daemon_->get("/v1/runs?limit=100").json()["runs"].size(); }
};

TEST_F(IdempotencyKey, ReplaysTheFirstRunForTheSameBody) {
  start();
  const Crew crew = daemon_->make_crew(builtin_echo());
  const Answer first = trigger(crew, R"({"a":1})");
  EXPECT_EQ(first.status, 202);
  EXPECT_EQ(first.header("Idempotent-Replayed"), "");

  daemon_->go_live(crew, builtin_echo());  // the first run's fields, not today's
  const Answer replay = trigger(crew, R"({"a":1})");
  EXPECT_EQ(replay.status, 202);
  EXPECT_EQ(replay.header("Idempotent-Replayed"), "true");
  EXPECT_EQ(replay.header("Location"), first.header("Location"));
  EXPECT_EQ(replay.body, first.body);

  const Answer other_body = trigger(crew, R"({"a":2})");
  EXPECT_EQ(other_body.status, 422);
  EXPECT_EQ(other_body.error_code(), "idempotency_key_reused");
  EXPECT_EQ(trigger(crew, R"({"a":1})", "k-2").header("Idempotent-Replayed"), "") << "another key is another run";
  EXPECT_EQ(runs(), 2u);

  const Crew other = daemon_->make_crew(builtin_echo());
  EXPECT_EQ(trigger(other, R"({"a":2})").status, 202) << "another webhook's keys are its own";
}

TEST_F(IdempotencyKey, MakesOneRunOfManyEqualRequestsAtOnce) {
  start();
  const Crew crew = daemon_->make_crew(shell("exec sleep 1000"));
  std::list<RawConnection> callers;
  for (int i = 0; i < 64; ++i) callers.emplace_back(*daemon_);
  const std::string request = trigger_request(crew, R"({"a":1})", "Idempotency-Key: k-1\r\n");
  for (auto& caller : callers) caller.send(request);

  std::set<std::string> run_ids;
  int replays = 0;
  for (auto& caller : callers) {
    const Answer answer = caller.answer();
    EXPECT_EQ(answer.status, 202) << answer.body;
    run_ids.insert(answer.json().value("run_id", ""));
    if (answer.header("Idempotent-Replayed") == "true") ++replays;
  }
  EXPECT_EQ(run_ids.size(), 1u);
  EXPECT_EQ(replays, 63);
  EXPECT_EQ(runs(), 1u);
}

TEST_F(IdempotencyKey, WaitsForARequestThatIsStillStarting) {
  start({.config = {{"executor", {{"max_concurrent_runs", 1}}}}});
  const Gate gate(daemon_->folder() / "gate");
  const Crew crew = daemon_->make_crew(shell(gate.wait_command()));
  ASSERT_EQ(trigger(crew, "{}", "holder").status, 202);

  const std::string request = trigger_request(crew, R"({"a":1})", "Idempotency-Key: k-1\r\n");
  RawConnection first(*daemon_);
  first.send(request);
  ASSERT_TRUE(daemon_->wait_until_waiting(1));
  RawConnection second(*daemon_);
  second.send(request);
  EXPECT_EQ(trigger(crew, R"({"a":2})").status, 422) << "also while it is only starting";
  gate.open();
  const Answer one = first.answer();
  const Answer two = second.answer();
  EXPECT_EQ(one.status, 202);
  EXPECT_EQ(two.body, one.body);
  EXPECT_EQ(runs(), 2u);
}

TEST_F(IdempotencyKey, PassesToTheNextWhenTheFirstHangsUp) {
  start({.config = {{"executor", {{"max_concurrent_runs", 1}}}}});
  const Gate gate(daemon_->folder() / "gate");
  const Crew crew = daemon_->make_crew(shell(gate.wait_command()));
  ASSERT_EQ(trigger(crew, "{}", "holder").status, 202);
  const std::string request = trigger_request(crew, R"({"a":1})", "Idempotency-Key: k-1\r\n");
  RawConnection first(*daemon_);
  first.send(request);
  ASSERT_TRUE(daemon_->wait_until_waiting(1));
  RawConnection second(*daemon_);
  second.send(request);
  first.hang_up();
  gate.open();
  const Answer answer = second.answer();
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(runs(), 2u);
}

TEST_F(IdempotencyKey, IsRememberedAcrossACrash) {
  start();
  const Crew crew = daemon_->make_crew(shell("exec sleep 1000"));
  const Answer first = trigger(crew, R"({"a":1})");
  ASSERT_EQ(first.status, 202);
  daemon_->restart_after_kill();
  const Answer replay = trigger(crew, R"({"a":1})");
  EXPECT_EQ(replay.status, 202);
  EXPECT_EQ(replay.header("Idempotent-Replayed"), "true");
  EXPECT_EQ(replay.json()["run_id"], first.json()["run_id"]);
  EXPECT_EQ(trigger(crew, R"({"a":2})").status, 422);
  EXPECT_EQ(runs(), 1u);
}

// The crash comes at any moment of the launch: what counts is that a caller who tries until it is answered gets one run
// that was started, and a second one only if the first never was.
TEST_F(IdempotencyKey, MakesOneStartedRunWhenTheServerDiesMeanwhile) {
  start();
  const Crew crew = daemon_->make_crew(shell("exec sleep 1000"));
  std::list<RawConnection> callers;
  for (int i = 0; i < 64; ++i) callers.emplace_back(*daemon_);
  const std::string request = trigger_request(crew, R"({"a":1})", "Idempotency-Key: k-1\r\n");
  for (auto& caller : callers) caller.send(request);
  daemon_->restart_after_kill();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(trigger(crew, R"({"a":1})").status, 202);
  int started = 0;
  for (const Json& run : daemon_->get("/v1/runs?limit=100").json()["runs"]) {
    if (!run["started_at"].is_null()) ++started;
  }
  EXPECT_EQ(started, 1);
}

TEST_F(IdempotencyKey, IsFreeAgainWhenTheRunNeverStarted) {
  start();
  const Crew crew = daemon_->make_crew({{"type", "command"}, {"command", {"no-such-program"}}});
  EXPECT_EQ(trigger(crew, "{}").error_code(), "run_failed_to_start");
  EXPECT_EQ(trigger(crew, "{}").error_code(), "run_failed_to_start") << "tried anew, not replayed";
  daemon_->go_live(crew, builtin_echo());
  const Answer answer = trigger(crew, "{}");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.header("Idempotent-Replayed"), "");
  EXPECT_EQ(answer.json()["version_number"], 2);
  EXPECT_EQ(runs(), 3u);
}

TEST_F(IdempotencyKey, IsNotUsedUpByARefusal) {
  start();
  const Crew crew = daemon_->make_crew(builtin_echo());
  EXPECT_EQ(trigger(crew, "not json").status, 400);
  EXPECT_EQ(trigger(crew, "{}").status, 202);
  EXPECT_EQ(trigger(crew, "{}", std::string(256, 'k')).status, 400);
}

}  // namespace
}  // namespace crewship::testing_support
