// The figures of the daemon as an operator's Prometheus sees them.
#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon.hpp"
#include "receiver.hpp"

namespace crewship::testing_support {
namespace {

using testing::HasSubstr;

class Metrics : public DaemonTest {
 protected:
  std::string metrics() { return curl({.url = daemon_->url() + "/metrics"}).body; }
  bool has(const std::string& line) { return metrics().contains("\n" + line + "\n"); }
  bool comes_to_have(const std::string& line) {
    return daemon_->eventually([&] { return has(line); });
  }
};

TEST_F(Metrics, TellWhatBecameOfRunsAndDeliveries) {
  start();
  Receiver good;
  Receiver bad([](const Received&, std::size_t) { return answer_with("500 Oops"); });
  const Crew crew = daemon_->make_crew(shell("exit 0"));
  daemon_->subscribe(crew, good.url());
  daemon_->subscribe(crew, bad.url());
  daemon_->run_once(crew);
  daemon_->go_live(crew, shell("exit 1"));
  daemon_->run_once(crew);
  daemon_->go_live(crew, shell("exec sleep 1000"));
  const std::string run_id = daemon_->trigger(crew).json()["run_id"];
  EXPECT_TRUE(has("crewship_children 1"));
  daemon_->post("/v1/runs/" + run_id + "/cancel");
  EXPECT_TRUE(comes_to_have("crewship_children 0"));
  EXPECT_TRUE(has("crewship_runs_started_total 3"));
  for (const char* outcome : {"succeeded", "failed", "canceled"}) {
    EXPECT_TRUE(has(std::string("crewship_runs_ended_total{outcome=\"") + outcome + "\"} 1")) << outcome;
  }
  EXPECT_TRUE(comes_to_have("crewship_deliveries_ended_total{outcome=\"failed\"} 2"));
  EXPECT_TRUE(has("crewship_deliveries_ended_total{outcome=\"succeeded\"} 2"));
  EXPECT_TRUE(has("crewship_delivery_attempts_total{outcome=\"succeeded\"} 2"));
  EXPECT_TRUE(has("crewship_delivery_attempts_total{outcome=\"failed\"} 8"));
}

TEST_F(Metrics, ArePrometheussToTheLetter) {
  const std::filesystem::path own = std::filesystem::path(CREWSHIP_SOURCE_DIR) / "build/tools/promtool";
  const std::string tool = std::filesystem::exists(own) ? own.string() : "promtool";
  if (std::system((tool + " --version > /dev/null 2>&1").c_str()) != 0) GTEST_SKIP() << "there is no promtool";
  start();
  const Crew crew = daemon_->make_crew(builtin_echo());
  daemon_->run_once(crew);
  curl({.method = "POST", .url = daemon_->url() + "/webhooks/runs/unknown"});
  const std::string file = daemon_->folder() / "metrics";
  write_file(file, metrics());
  EXPECT_EQ(std::system((tool + " check metrics < " + file).c_str()), 0);
}

}  // namespace
}  // namespace crewship::testing_support
