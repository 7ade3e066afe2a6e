// A canary for every kind of secret, looked for wherever it might come out: database and its log, the daemon's own log
// at its most talkative, metrics, answers, and the environments of programs. Each secret is where its owner put it or
// was shown it once, and nowhere else.
#include <map>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <crewship/base/crypto.hpp>

#include "e2e/daemon.hpp"
#include "e2e/receiver.hpp"

namespace crewship::testing_support {
namespace {

using testing::Not;

class Canaries : public DaemonTest {
 protected:
  // The secret itself, and what it is made of.
  void watch(const std::string& what, const std::string& secret) {
    ASSERT_GE(secret.size(), 16u) << what;
    secrets_.emplace_back(what, secret);
    if (secret.starts_with("whsec_")) {
      if (const auto raw = base64_decode(secret.substr(6))) secrets_.emplace_back(what + ", decoded", *raw);
    }
  }
  void expect_none_in(const std::string& place, const std::string& text) {
    for (const auto& [what, secret] : secrets_) {
      EXPECT_EQ(text.find(secret), std::string::npos) << place << " holds " << what;
    }
  }
  std::string everything_in_data_dir() {
    std::string bytes;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(daemon_->data_dir())) {
      const auto name = entry.path().filename();
      // The two files whose very purpose it is.
      if (entry.is_regular_file() && name != "master.key" && name != "admin.key") bytes += read_file(entry.path());
    }
    return bytes;
  }

  std::vector<std::pair<std::string, std::string>> secrets_;
};

TEST_F(Canaries, AreNowhereButWhereTheyBelong) {
  start({.environment = {{"OUTSIDE_SECRET", "canary-of-the-daemons-environment"}}});
  Receiver receiver([](const Received&, std::size_t index) {
    return answer_with(index % 2 == 0 ? "500 No" : "200 OK", "", "answer-seen-by-the-owner");
  });
  watch("the daemon's environment", "canary-of-the-daemons-environment");
  watch("the first key", daemon_->key());
  const std::string master_key = read_file(daemon_->data_dir() / "master.key");
  watch("the master key", master_key.substr(0, 32));
  std::string raw_key;
  for (std::size_t i = 0; i + 1 < 64; i += 2)
    raw_key += static_cast<char>(std::stoi(master_key.substr(i, 2), nullptr, 16));
  watch("the master key, decoded", raw_key);

  const Crew crew = daemon_->make_crew(shell("env; cat; echo to the log >&2"));
  watch("a token", crew.token);
  const Json version = daemon_->go_live(crew, shell("env; echo to the log >&2"),
                                        {{"env", {{"OPENAI_API_KEY", "canary-of-a-versions-environment"}}}});
  const Json outgoing =
      daemon_->subscribe(crew, receiver.url(), {{"headers", {{"Authorization", "Bearer canary-of-an-own-header"}}}});
  const std::string outgoing_id = outgoing["id"];
  watch("a signing secret", outgoing["secret"]);
  const std::string first_run = daemon_->run_once(crew);
  receiver.wait_for(2);

  // Everything that makes a new secret, and everything that goes wrong with one.
  watch("a new token", daemon_->made("/v1/incoming-webhooks/" + crew.webhook_id + "/regenerate-token")["token"]);
  watch("a new signing secret", daemon_->made("/v1/outgoing-webhooks/" + outgoing_id + "/regenerate-secret")["secret"]);
  const Json key = daemon_->made("/v1/api-keys", {{"name", "ci"}});
  watch("another key", key["key"]);
  EXPECT_EQ(daemon_->trigger(crew).status, 404);
  EXPECT_EQ(curl({.url = daemon_->url() + "/v1/runs", .headers = {"Authorization: Bearer x" + daemon_->key()}}).status,
            401);
  EXPECT_EQ(daemon_->api("DELETE", "/v1/api-keys/" + key["id"].get<std::string>()).status, 204);
  EXPECT_EQ(
      curl({.url = daemon_->url() + "/v1/runs", .headers = {"Authorization: Bearer " + key.value("key", "")}}).status,
      401);
  daemon_->post("/v1/outgoing-webhooks/" + outgoing_id + "/test");
  daemon_->api("PATCH", "/v1/outgoing-webhooks/" + outgoing_id, {{"url", "http://127.0.0.1:1/"}});
  const Json new_token = daemon_->made("/v1/incoming-webhooks/" + crew.webhook_id + "/regenerate-token");
  daemon_->run_once({.path = "/webhooks/runs/" + new_token.value("token", "")});
  daemon_->wait_for("/v1/outgoing-webhooks/" + outgoing_id + "/deliveries?status=failed",
                    [](const Json& body) { return !body["deliveries"].empty(); });

  // The version's environment is its owner's configuration, which the API shows, and the program's, which prints it.
  const Json run = daemon_->get("/v1/runs/" + first_run).json();
  EXPECT_THAT(run.dump(), testing::HasSubstr("canary-of-a-versions-environment")) << "the search must be able to find";
  expect_none_in("the environment of a program", run.dump());
  std::string answers;
  for (const std::string& path :
       {std::string("/v1/deployments"), "/v1/deployments/" + crew.deployment_id,
        "/v1/deployments/" + crew.deployment_id + "/versions",
        "/v1/deployments/" + crew.deployment_id + "/environments",
        "/v1/deployments/" + crew.deployment_id + "/incoming-webhooks",
        "/v1/deployments/" + crew.deployment_id + "/outgoing-webhooks", "/v1/outgoing-webhooks/" + outgoing_id,
        "/v1/outgoing-webhooks/" + outgoing_id + "/deliveries", std::string("/v1/runs"),
        "/v1/runs/" + first_run + "/logs", std::string("/v1/api-keys"), std::string("/v1/nowhere"),
        std::string("/metrics"), std::string("/openapi.json"), std::string("/healthz"), std::string("/readyz")}) {
    answers += daemon_->get(path).body;
  }
  for (const Json& delivery : daemon_->deliveries(outgoing)) {
    answers += daemon_->get("/v1/deliveries/" + delivery.value("id", "")).body;
  }
  EXPECT_THAT(answers, testing::HasSubstr("answer-seen-by-the-owner"));
  watch("an own header's value", "canary-of-an-own-header");
  expect_none_in("an answer", answers);

  // Its log, now that all has been said; the data as a power cut leaves it, and as an orderly stop does.
  daemon_->kill();
  const std::string log = daemon_->whole_log();
  const std::string torn = everything_in_data_dir();
  EXPECT_THAT(torn, testing::HasSubstr(first_run)) << "the search looks at the wrong files";
  daemon_->start();
  EXPECT_EQ(daemon_->stop(), 0);
  // The first program printed its environment into its output, which is the caller's to keep; a second look without it.
  watch("a version's environment", "canary-of-a-versions-environment");
  expect_none_in("the log", log + daemon_->whole_log());
  secrets_.pop_back();
  expect_none_in("the database after a crash", torn);
  expect_none_in("the database", everything_in_data_dir());
}

// What programs are given: their own environment and nothing of the daemon's.
TEST_F(Canaries, AProgramCannotSeeTheDaemonsSecrets) {
  start({.environment = {{"CREWSHIP_API_KEY", "crw_canary-key-from-the-environment"},
                         {"AWS_SECRET_ACCESS_KEY", "canary-of-the-daemons-environment"}}});
  watch("the key from the environment", "crw_canary-key-from-the-environment");
  watch("the daemon's environment", "canary-of-the-daemons-environment");
  const std::string url = daemon_->url();
  const std::vector<std::string> headers{"Authorization: Bearer crw_canary-key-from-the-environment",
                                         "Content-Type: application/json"};
  const auto call = [&](std::string_view path, const Json& body) {
    return curl({.method = "POST", .url = url + std::string(path), .headers = headers, .body = body.dump()}).json();
  };
  const std::string deployment = call("/v1/deployments", {{"name", "x"}})["id"];
  call("/v1/deployments/" + deployment + "/versions",
       {{"runner", shell("env; cat /proc/self/environ; cat /proc/self/cmdline; ls -l /proc/self/fd")},
        {"environment", "production"}});
  const std::string run_id = call("/v1/runs", {{"deployment_id", deployment}})["run_id"];
  Json run;
  EXPECT_TRUE(daemon_->eventually([&] {
    run = curl({.url = url + "/v1/runs/" + run_id, .headers = headers}).json();
    return !run["completed_at"].is_null();
  }));
  EXPECT_THAT(run["output"].dump(), testing::HasSubstr(run_id));
  expect_none_in("the program's view", run.dump());
  expect_none_in("the log", daemon_->log().text());
  EXPECT_FALSE(std::filesystem::exists(daemon_->data_dir() / "admin.key"));
  expect_none_in("the data", everything_in_data_dir());
}

}  // namespace
}  // namespace crewship::testing_support
