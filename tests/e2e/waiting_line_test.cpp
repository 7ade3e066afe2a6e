// More triggers than run slots: who waits, who goes first, who is sent away.
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon.hpp"
#include "gate.hpp"
#include "raw_connection.hpp"

namespace crewship::testing_support {
namespace {

using testing::MatchesRegex;

constexpr const char* seconds = "[1-9][0-9]*";

class WaitingForASlot : public DaemonTest {
 protected:
  // One slot, taken by a run that ends when the gate opens.
  void start_full(const Json& executor = Json::object()) {
    Json limits{{"max_concurrent_runs", 1}};
    limits.merge_patch(executor);
    start({.config = {{"executor", limits}}});
    gate_ = std::make_unique<Gate>(daemon_->folder() / "gate");
    crew_ = daemon_->make_crew(shell(gate_->wait_command()));
    const Answer holder = daemon_->trigger(crew_, R"({"who":"holder"})");
    ASSERT_EQ(holder.status, 202);
  }

  Json runs() { return daemon_->get("/v1/runs?limit=100").json()["runs"]; }  // newest first

  // In the line, behind everyone who was there before.
  RawConnection line_up(const std::string& who, int place) {
    RawConnection caller(*daemon_);
    caller.send(trigger_request(crew_, R"({"who":")" + who + R"("})"));
    EXPECT_TRUE(daemon_->wait_until_waiting(place));
    return caller;
  }

  std::unique_ptr<Gate> gate_;
  Crew crew_;
};

TEST_F(WaitingForASlot, GoesFirstComeFirstServedAndRecordsNothing) {
  start_full();
  RawConnection first = line_up("first", 1);
  RawConnection second = line_up("second", 2);
  RawConnection third = line_up("third", 3);
  EXPECT_EQ(runs().size(), 1u) << "a request that waits is not yet a run";

  for (RawConnection* caller : {&first, &second, &third}) {
    gate_->open();
    EXPECT_EQ(caller->answer().status, 202);
  }
  const Json all = runs();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[2]["input"]["who"], "first");
  EXPECT_EQ(all[1]["input"]["who"], "second");
  EXPECT_EQ(all[0]["input"]["who"], "third");
}

TEST_F(WaitingForASlot, EndsAtTheStartTimeout) {
  start_full({{"start_timeout", "200ms"}});
  const Answer answer = daemon_->trigger(crew_);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.error_code(), "no_free_slot");
  EXPECT_THAT(answer.header("Retry-After"), MatchesRegex(seconds));
  EXPECT_EQ(runs().size(), 1u);
}

TEST_F(WaitingForASlot, IsRefusedAtOnceWhenTheLineIsFull) {
  start_full({{"max_waiting_requests", 1}});
  RawConnection waiting = line_up("waiting", 1);
  const Answer answer = daemon_->trigger(crew_);
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.error_code(), "too_many_waiting");
  EXPECT_THAT(answer.header("Retry-After"), MatchesRegex(seconds));
  gate_->open();
  EXPECT_EQ(waiting.answer().status, 202);
}

TEST_F(WaitingForASlot, EndsWhenTheCallerHangsUp) {
  start_full();
  RawConnection gone = line_up("gone", 1);
  gone.hang_up();
  EXPECT_TRUE(daemon_->wait_until_waiting(0));
  RawConnection patient = line_up("patient", 1);
  gate_->open();
  EXPECT_EQ(patient.answer().status, 202);
  const Json all = runs();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]["input"]["who"], "patient");
}

TEST_F(WaitingForASlot, EndsWithTheServer) {
  start_full();
  RawConnection waiting = line_up("waiting", 1);
  daemon_->program().signal(SIGTERM);
  const Answer answer = waiting.answer();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.error_code(), "shutting_down");
  EXPECT_THAT(answer.header("Retry-After"), MatchesRegex(seconds));
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_TRUE(waiting.closed_by_peer());
}

TEST_F(WaitingForASlot, IsNotForThoseWhoCannotBeRun) {
  start_full();
  EXPECT_EQ(daemon_->trigger(crew_, "not json").status, 400);
  EXPECT_EQ(daemon_->trigger({.path = "/webhooks/runs/nobody"}).status, 404);
  const Json idle = daemon_->made("/v1/deployments", {{"name", "idle"}});
  EXPECT_EQ(daemon_->post("/v1/runs", {{"deployment_id", idle["id"]}}).error_code(), "no_running_version");
}

TEST_F(WaitingForASlot, IsNotNeededForHangingUpAfterwards) {
  start();
  const Crew crew = daemon_->make_crew(shell("cat"));
  RawConnection caller(*daemon_);
  caller.send(trigger_request(crew, R"({"who":"hasty"})"));
  caller.hang_up();
  EXPECT_TRUE(daemon_->eventually([&] {
    const Json all = daemon_->get("/v1/runs?status=succeeded").json()["runs"];
    return all.size() == 1 && all[0]["output"] == Json{{"who", "hasty"}};
  }));
}

TEST_F(WaitingForASlot, GetsTheWebhookAsItIsWhenItsTurnComes) {
  start_full();
  RawConnection waiting = line_up("waiting", 1);
  EXPECT_EQ(daemon_->api("PATCH", "/v1/incoming-webhooks/" + crew_.webhook_id, {{"enabled", false}}).status, 200);
  gate_->open();
  EXPECT_EQ(waiting.answer().status, 404);
  EXPECT_EQ(runs().size(), 1u);
}

TEST(ShuttingDown, RefusesNewRunsWhileOldOnesEnd) {
  Daemon daemon;
  daemon.start();
  const Gate gate(daemon.folder() / "gate");
  const Crew crew = daemon.make_crew(shell(gate.wait_command() + "; echo done"));
  const std::string run_id = daemon.trigger(crew).json()["run_id"];
  daemon.program().signal(SIGTERM);
  ASSERT_TRUE(daemon.log().wait_for("draining"));
  const Answer refused = daemon.trigger(crew);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.error_code(), "shutting_down");
  EXPECT_THAT(refused.header("Retry-After"), MatchesRegex(seconds));
  EXPECT_EQ(refused.header("Connection"), "close");
  EXPECT_EQ(curl({.url = daemon.url() + "/readyz"}).status, 503);
  EXPECT_EQ(daemon.get("/v1/runs/" + run_id).json()["status"], "running") << "the owner can still look";

  gate.open();
  EXPECT_EQ(daemon.program().wait(), 0);
  daemon.start();
  const Json run = daemon.get("/v1/runs/" + run_id).json();
  EXPECT_EQ(run["status"], "succeeded");
  EXPECT_EQ(run["output"], (Json{{"result", "done"}}));
  EXPECT_EQ(daemon.get("/v1/runs").json()["runs"].size(), 1u);
  EXPECT_EQ(daemon.stop(), 0);
}

}  // namespace
}  // namespace crewship::testing_support
