// The first minute: `serve --demo` and `listen`, as they appear on the screen.
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon.hpp"
#include "receiver.hpp"

namespace crewship::testing_support {
namespace {

using testing::HasSubstr;

class Demo : public testing::Test {
 protected:
  void start() {
    demo_.reset();
    demo_ = std::make_unique<Program>(ProgramOptions{
        .command = {CREWSHIPD_BINARY, "serve", "--demo", "--listen", "127.0.0.1:0"}, .working_dir = folder_.path()});
    ASSERT_TRUE(demo_->out().wait_for("Admin key")) << demo_->err().text();
  }
  // The lines of the screen that a user would paste into another terminal.
  std::string curl_line() const {
    const std::string screen = demo_->out().text();
    const auto begin = screen.find("  curl ");
    return screen.substr(begin, screen.find("\n\n", begin) - begin);
  }
  void paste_and_watch() {
    const Finished pasted = run_program({.command = {"sh"}, .input = curl_line() + "\n"});
    EXPECT_EQ(pasted.status, 0) << pasted.err;
    const Json answer = Json::parse(pasted.out, nullptr, false);
    ASSERT_TRUE(answer.is_object()) << pasted.out;
    const std::string run_id = answer["run_id"];
    EXPECT_EQ(answer["status"], "running");
    // On the same screen: the run, what it printed, the delivery with its signature checked.
    EXPECT_TRUE(demo_->err().wait_for_line({"run started", run_id}));
    EXPECT_TRUE(demo_->err().wait_for_line({"run succeeded", run_id}));
    EXPECT_TRUE(demo_->err().wait_for_line({"delivery succeeded", run_id}));
    EXPECT_TRUE(demo_->out().wait_for_line({run_id, R"("received":{"topic":"AI agents","year":"2025"})"}));
    const std::string screen = demo_->out().text();
    EXPECT_THAT(screen, HasSubstr("run.succeeded"));
    EXPECT_THAT(screen.substr(screen.find(run_id)), HasSubstr("signature: valid\n"));
  }

  TempDir folder_;
  std::unique_ptr<Program> demo_;
};

TEST_F(Demo, PastedLineShowsTheRunAndTheVerifiedDelivery) {
  start();
  paste_and_watch();
  std::string key = read_file(folder_ / "data/admin.key");
  key.pop_back();
  EXPECT_THAT(demo_->out().text(), HasSubstr("Admin key  " + key + "  (in data/admin.key)\n"));
  const std::string line = curl_line();
  const auto begin = line.find("http://");
  const std::string url = line.substr(begin, line.find("/webhooks") - begin);
  const Answer runs = curl({.url = url + "/v1/runs", .headers = {"Authorization: Bearer " + key}});
  EXPECT_EQ(runs.json()["runs"].size(), 1u);
  demo_->signal(SIGINT);
  EXPECT_EQ(demo_->wait(), 0);
}

TEST_F(Demo, StartsAgainWithTheSameWebhook) {
  start();
  const auto token = [this] {
    const std::string line = curl_line();
    return line.substr(line.find("/webhooks/runs/"), 15 + 43);
  };
  const std::string first = token();
  demo_->signal(SIGKILL);
  demo_->wait();
  start();
  EXPECT_EQ(token(), first);
  paste_and_watch();
  demo_->signal(SIGTERM);
  EXPECT_EQ(demo_->wait(), 0);
}

class Listen : public DaemonTest {
 protected:
  // A receiver on the screen, and a webhook that points at it.
  void listen(const std::vector<std::string>& more) {
    ProgramOptions options{.command = {CREWSHIPD_BINARY, "listen", "--listen", "127.0.0.1:0"}};
    options.command.insert(options.command.end(), more.begin(), more.end());
    screen_ = std::make_unique<Program>(std::move(options));
    ASSERT_TRUE(screen_->out().wait_for("\n")) << screen_->err().text();
    std::string url = screen_->out().text();
    url = url.substr(url.find("http://"));
    url = url.substr(0, url.find(' '));
    ASSERT_EQ(
        daemon_->api("PATCH", "/v1/outgoing-webhooks/" + webhook_["id"].get<std::string>(), {{"url", url}}).status,
        200);
  }
  void start_with_webhook() {
    start({.config = {{"delivery", {{"retry_schedule", Json::array()}}}}});
    crew_ = daemon_->make_crew(builtin_echo());
    webhook_ = daemon_->subscribe(crew_, "http://127.0.0.1:1/");
  }
  Json deliver() {
    daemon_->run_once(crew_, R"({"a":1})");
    return daemon_->wait_for_delivery(daemon_->deliveries(webhook_).at(0)["id"].get<std::string>());
  }

  Crew crew_;
  Json webhook_;
  std::unique_ptr<Program> screen_;
};

TEST_F(Listen, PrintsDeliveriesAndWhetherTheSignatureIsValid) {
  start_with_webhook();
  listen({"--secret", webhook_["secret"]});
  const Json delivery = deliver();
  EXPECT_EQ(delivery["status"], "succeeded");
  EXPECT_EQ(delivery["attempts"][0]["response_status"], 200);
  EXPECT_TRUE(screen_->out().wait_for("signature: valid\n"));
  const std::string screen = screen_->out().text();
  const std::vector<std::string> shown{"run.succeeded", delivery["id"], delivery["run_id"], R"({"a":1})"};
  for (const auto& words : shown) EXPECT_THAT(screen, HasSubstr(words));
  screen_->signal(SIGINT);
  EXPECT_EQ(screen_->wait(), 0);
}

TEST_F(Listen, SaysWhichStepDiffers) {
  start_with_webhook();
  listen({"--secret", "whsec_" + std::string(43, 'A') + "="});
  deliver();
  EXPECT_TRUE(screen_->out().wait_for("INVALID: "));
  EXPECT_TRUE(screen_->out().wait_for("another secret"));
  listen({"--secret", "not a secret"});
  deliver();
  EXPECT_TRUE(screen_->out().wait_for("the secret to check with is not whsec_"));
}

TEST_F(Listen, AnswersWhatItIsTold) {
  start_with_webhook();
  listen({"--answer", "410"});
  EXPECT_EQ(deliver()["attempts"][0]["response_status"], 410);
  EXPECT_TRUE(screen_->out().wait_for("not checked"));
}

}  // namespace
}  // namespace crewship::testing_support
