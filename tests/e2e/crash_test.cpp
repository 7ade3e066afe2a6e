// Stops, crashes and what is found afterwards: runs that were interrupted are told about, and no process outlives the
// daemon.
#include <atomic>
#include <csignal>

#include <gtest/gtest.h>

#include "daemon.hpp"
#include "gate.hpp"
#include "receiver.hpp"

namespace crewship::testing_support {
namespace {

class Crash : public DaemonTest {
 protected:
  pid_t pid_in(const std::filesystem::path& file) {
    std::string text;
    EXPECT_TRUE(daemon_->eventually([&] { return (text = read_file(file)).ends_with('\n'); })) << file;
    return std::atoi(text.c_str());
  }
  // Children that leave the group, and one that is handed to init's stand-in.
  std::string escaping_script() const {
    const std::string folder = daemon_->folder().string();
    return "trap '' TERM; echo $$ > " + folder + "/leader; setsid sh -c 'echo $$ > " + folder +
           "/escaped; exec sleep 1000' & (setsid sh -c 'echo $$ > " + folder +
           "/orphan; trap \"\" TERM; exec sleep 1000' &) ; sleep 1000";
  }
  std::vector<pid_t> escaping_pids() {
    return {pid_in(daemon_->folder() / "leader"), pid_in(daemon_->folder() / "escaped"),
            pid_in(daemon_->folder() / "orphan")};
  }
};

TEST_F(Crash, LeavesNoProcessAndInterruptsItsRuns) {
  start();
  Receiver receiver;
  const Crew crew = daemon_->make_crew(shell(escaping_script()));
  daemon_->subscribe(crew, receiver.url());
  const std::string run_id = daemon_->trigger(crew).json()["run_id"];
  const auto pids = escaping_pids();

  daemon_->kill();
  for (const pid_t pid : pids) {
    EXPECT_TRUE(daemon_->eventually([pid] { return !process_lives(pid); })) << "outlives the daemon";
  }
  daemon_->start();
  const Json run = daemon_->get("/v1/runs/" + run_id).json();
  EXPECT_EQ(run["status"], "failed");
  EXPECT_EQ(run["error_message"], "interrupted by a server restart");
  EXPECT_EQ(run["output"], nullptr);
  EXPECT_FALSE(run["completed_at"].is_null());

  const auto received = receiver.wait_for(1);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].header("X-Crewship-Event"), "run.failed");
  const Json body = Json::parse(received[0].body);
  EXPECT_EQ(body["data"]["run_id"], run_id);
  EXPECT_EQ(body["data"]["error_message"], "interrupted by a server restart");
}

TEST_F(Crash, LosesNoRunThatWasAnswered) {
  start();
  const Crew crew = daemon_->make_crew(builtin_echo());
  std::vector<std::string> run_ids;
  for (int i = 0; i < 10; ++i) run_ids.push_back(daemon_->trigger(crew).json()["run_id"]);
  daemon_->restart_after_kill();
  for (const auto& run_id : run_ids) EXPECT_EQ(daemon_->get("/v1/runs/" + run_id).status, 200);
}

TEST_F(Crash, LetsRetriesGoOn) {
  start({.config = {{"delivery", {{"retry_schedule", Json(std::vector<std::string>(100, "300ms"))}}}}});
  std::atomic<bool> works = false;
  Receiver receiver([&](const Received&, std::size_t) { return answer_with(works ? "204 No Content" : "500 Oops"); });
  const Crew crew = daemon_->make_crew(builtin_echo());
  daemon_->subscribe(crew, receiver.url());
  daemon_->trigger(crew, R"({"a":1})");
  const auto before = receiver.wait_for(2);
  ASSERT_GE(before.size(), 2u);
  daemon_->kill();
  works = true;
  daemon_->start();
  const std::string delivery_id = before[0].header("X-Crewship-Delivery");
  EXPECT_EQ(daemon_->wait_for_delivery(delivery_id)["status"], "succeeded");
  for (const auto& request : receiver.received()) {
    EXPECT_EQ(request.body, before[0].body);
    EXPECT_EQ(request.header("X-Crewship-Delivery"), delivery_id);
  }
}

TEST_F(Crash, RepeatsTheAttemptThatWasUnderWay) {
  start();
  std::atomic<bool> hang = true;
  Receiver receiver([&](const Received&, std::size_t) -> std::optional<std::string> {
    if (hang) return std::nullopt;
    return answer_with("200 OK");
  });
  const Crew crew = daemon_->make_crew(builtin_echo());
  daemon_->subscribe(crew, receiver.url());
  daemon_->trigger(crew);
  ASSERT_EQ(receiver.wait_for(1).size(), 1u);
  hang = false;
  daemon_->restart_after_kill();
  const auto received = receiver.wait_for(2);
  ASSERT_EQ(received.size(), 2u);
  EXPECT_EQ(received[1].body, received[0].body);
  const Json delivery = daemon_->wait_for_delivery(received[0].header("X-Crewship-Delivery"));
  EXPECT_EQ(delivery["status"], "succeeded");
  EXPECT_EQ(delivery["attempts"].size(), 2u) << "every request that was made is recorded";
}

TEST_F(Crash, IsNoReasonToRunAnythingTwice) {
  start();
  const std::string file = daemon_->folder() / "started";
  const Crew crew = daemon_->make_crew(shell("echo start >> " + file + "; exec sleep 1000"));
  daemon_->trigger(crew);
  ASSERT_TRUE(daemon_->eventually([&] { return !read_file(file).empty(); }));
  daemon_->restart_after_kill();
  EXPECT_EQ(read_file(file), "start\n");
  EXPECT_EQ(daemon_->get("/v1/runs").json()["runs"].size(), 1u);
}

class Stop : public Crash {};

TEST_F(Stop, EndsWhatDoesNotFinishAndTellsAboutIt) {
  start({.config = {{"executor", {{"drain_timeout", "100ms"}}}}});
  Receiver receiver;
  const Crew crew = daemon_->make_crew(shell(escaping_script()));
  daemon_->subscribe(crew, receiver.url());
  const std::string run_id = daemon_->trigger(crew).json()["run_id"];
  const auto pids = escaping_pids();
  daemon_->program().signal(SIGTERM);
  EXPECT_EQ(daemon_->program().wait(), 0);
  for (const pid_t pid : pids) EXPECT_FALSE(process_lives(pid));

  daemon_->start();
  const Json run = daemon_->get("/v1/runs/" + run_id).json();
  EXPECT_EQ(run["status"], "failed");
  EXPECT_EQ(run["error_message"], "interrupted by a server restart");
  const auto received = receiver.wait_for(1);
  ASSERT_GE(received.size(), 1u);
  EXPECT_EQ(received[0].header("X-Crewship-Event"), "run.failed");
}

TEST_F(Stop, IsHurriedByASecondSignal) {
  start({.config = {{"executor", {{"drain_timeout", "1h"}, {"kill_grace", "10m"}}}}});
  const Crew crew = daemon_->make_crew(shell("trap '' TERM; sleep 1000; sleep 1000"));
  const std::string run_id = daemon_->trigger(crew).json()["run_id"];
  daemon_->program().signal(SIGTERM);
  ASSERT_TRUE(daemon_->log().wait_for("draining"));
  daemon_->program().signal(SIGTERM);
  EXPECT_EQ(daemon_->program().wait(), 0);
  EXPECT_TRUE(processes_of_run(run_id).empty());
}

// A signal that comes just as the daemon has stopped must not keep it. One stop in three met that moment.
TEST_F(Stop, EndsHoweverManySignalsCome) {
  start();
  for (int stop = 0; stop < 8; ++stop) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (daemon_->running() && std::chrono::steady_clock::now() < deadline) daemon_->program().signal(SIGTERM);
    ASSERT_EQ(daemon_->program().wait(), 0);
    daemon_->start();
  }
}

TEST_F(Stop, OnSigintDrainsAsWell) {
  start();
  const Gate gate(daemon_->folder() / "gate");
  const Crew crew = daemon_->make_crew(shell(gate.wait_command() + "; echo done"));
  const std::string run_id = daemon_->trigger(crew).json()["run_id"];
  daemon_->program().signal(SIGINT);
  ASSERT_TRUE(daemon_->log().wait_for("draining"));
  gate.open();
  EXPECT_EQ(daemon_->program().wait(), 0);
  daemon_->start();
  EXPECT_EQ(daemon_->get("/v1/runs/" + run_id).json()["status"], "succeeded");
}

TEST_F(Stop, SendsWhatTheLastRunsEndWith) {
  start();
  Receiver receiver;
  const Gate gate(daemon_->folder() / "gate");
  const Crew crew = daemon_->make_crew(shell(gate.wait_command()));
  daemon_->subscribe(crew, receiver.url());
  daemon_->trigger(crew);
  daemon_->program().signal(SIGTERM);
  ASSERT_TRUE(daemon_->log().wait_for("draining"));
  gate.open();
  EXPECT_EQ(daemon_->program().wait(), 0);
  daemon_->start();
  EXPECT_EQ(receiver.wait_for(1).size(), 1u) << "before the stop or after the start, but not lost";
}

}  // namespace
}  // namespace crewship::testing_support
