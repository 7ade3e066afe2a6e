// The API through curl: each route once as it is meant, and what holds for all of them.
#include <algorithm>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon.hpp"
#include "gate.hpp"
#include "receiver.hpp"

namespace crewship::testing_support {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

std::set<std::string> names_of(const Json& object) {
  std::set<std::string> names;
  for (const auto& [name, value] : object.items()) names.insert(name);
  return names;
}

class ApiCalls : public DaemonTest {
 protected:
  void start() {
    DaemonTest::start();
    deployment_ = daemon_->made("/v1/deployments", {{"name", "crew"}});
    path_ = "/v1/deployments/" + at(deployment_, "id");
  }

  Json deployment_;
  std::string path_;
};

TEST_F(ApiCalls, NeedAKey) {
  start();
  const std::string url = daemon_->url();
  for (const std::vector<std::string>& headers :
       std::vector<std::vector<std::string>>{{},
                                             {"Authorization: Bearer crw_wrong"},
                                             {"Authorization: Basic dTpw"},
                                             {"Authorization: " + daemon_->key()}}) {
    for (const char* path : {"/v1/deployments", "/v1/no/such/path"}) {
      const Answer answer = curl({.url = url + path, .headers = headers});
      EXPECT_EQ(answer.status, 401);
      EXPECT_EQ(answer.header("WWW-Authenticate"), "Bearer");
      EXPECT_EQ(answer.error_code(), "unauthorized");
      EXPECT_NE(answer.header("X-Request-Id"), "");
    }
  }
}

TEST_F(ApiCalls, FailInOneShape) {
  start();
  struct Case {
    const char* method;
    std::string path;
    Json body;
    int status;
  };
  for (const auto& [method, path, body, status] : {
           Case{"GET", "/v1/no/such/path", nullptr, 404},
           Case{"GET", "/v1/runs/run_00000000000000000000000000", nullptr, 404},
           Case{"GET", "/v1/runs/nonsense", nullptr, 404},
           Case{"PUT", "/v1/deployments", Json::object(), 405},
           Case{"POST", "/v1/deployments", Json::object(), 400},
           Case{"POST", "/v1/deployments", {{"name", 5}}, 400},
           Case{"POST", "/v1/deployments", {{"name", "a"}, {"nmae", "b"}}, 400},
           Case{"GET", "/v1/runs?statsu=failed", nullptr, 400},
           Case{"GET", "/v1/runs?status=broken", nullptr, 400},
           Case{"GET", "/v1/runs?limit=0", nullptr, 400},
           Case{"GET", "/v1/runs?limit=101", nullptr, 400},
           Case{"GET", "/v1/runs?limit=ten", nullptr, 400},
           Case{"GET", "/v1/runs?cursor=nonsense", nullptr, 400},
           Case{"POST", path_ + "/versions", {{"runner", {{"type", "magic"}}}}, 400},
           Case{"PUT", path_ + "/environments/testing", {{"version_id", "ver_00000000000000000000000000"}}, 404},
       }) {
    const Answer answer = daemon_->api(method, path, body);
    EXPECT_EQ(answer.status, status) << method << " " << path << " " << body;
    EXPECT_THAT(answer.header("X-Request-Id"), testing::StartsWith("req_"));
    const Json error = answer.json()["error"];
    EXPECT_THAT(at(error, "code"), MatchesRegex("[a-z_]+"));
    EXPECT_THAT(at(error, "message"), MatchesRegex(".+[.]")) << "a sentence";
  }
  const Answer unknown = daemon_->post("/v1/deployments", {{"name", "a"}, {"nmae", "b"}});
  EXPECT_EQ(unknown.json()["error"]["field"], "nmae");
  EXPECT_EQ(daemon_->api("PUT", "/v1/deployments").header("Allow"), "POST, GET, HEAD");
  EXPECT_EQ(curl({.method = "POST",
                  .url = daemon_->url() + "/v1/deployments",
                  .headers = {"Authorization: Bearer " + daemon_->key()},
                  .body = "{\"name\": "})
                .error_code(),
            "invalid_json");
}

TEST_F(ApiCalls, ManageDeployments) {
  start();
  EXPECT_EQ(names_of(deployment_), (std::set<std::string>{"id", "name", "created_at"}));
  EXPECT_THAT(at(deployment_, "id"), testing::StartsWith("dep_"));
  EXPECT_THAT(at(deployment_, "created_at"), MatchesRegex("....-..-..T..:..:..[.]...Z"));
  EXPECT_EQ(daemon_->get(path_).json(), deployment_);
  EXPECT_EQ(daemon_->get("/v1/deployments").json(), (Json{{"deployments", {deployment_}}, {"next_cursor", nullptr}}));
  const Answer renamed = daemon_->api("PATCH", path_, {{"name", "new name"}});
  EXPECT_EQ(renamed.status, 200);
  EXPECT_EQ(renamed.json()["name"], "new name");
  const Answer gone = daemon_->api("DELETE", path_);
  EXPECT_EQ(gone.status, 204);
  EXPECT_EQ(gone.body, "");
  EXPECT_EQ(daemon_->get(path_).status, 404);
}

TEST_F(ApiCalls, KeepRunsOfDeletedDeploymentsReadable) {
  start();
  Receiver receiver;
  const Crew crew = daemon_->make_crew(builtin_echo());
  const Json webhook = daemon_->subscribe(crew, receiver.url());
  const std::string run_id = daemon_->run_once(crew);
  EXPECT_EQ(daemon_->api("DELETE", "/v1/deployments/" + crew.deployment_id).status, 204);
  EXPECT_EQ(daemon_->get("/v1/runs/" + run_id).json()["status"], "succeeded");
  EXPECT_EQ(daemon_->get("/v1/runs/" + run_id + "/logs").status, 200);
  EXPECT_EQ(daemon_->trigger(crew).status, 404) << "deleting ends its webhooks";
  EXPECT_EQ(daemon_->get("/v1/outgoing-webhooks/" + at(webhook, "id")).status, 404);
}

TEST_F(ApiCalls, PutVersionsLiveAndTakeThemDown) {
  start();
  const Json command{{"type", "command"}, {"command", {"python3", "crew.py"}}, {"working_dir", "/srv/crew"}};
  const Json first = daemon_->made(path_ + "/versions",
                                   {{"runner", command}, {"env", {{"MODEL", "large"}}}, {"timeout_seconds", 600}});
  EXPECT_EQ(first["number"], 1);
  EXPECT_EQ(first["runner"], command);
  EXPECT_EQ(first["env"], (Json{{"MODEL", "large"}}));
  EXPECT_EQ(first["timeout_seconds"], 600);
  const Json second = daemon_->made(path_ + "/versions", {{"runner", builtin_echo()}, {"environment", "staging"}});
  EXPECT_EQ(second["number"], 2);
  const Json listed = daemon_->get(path_ + "/versions").json()["versions"];
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0], second) << "newest first";
  EXPECT_EQ(listed[1], first);

  const auto live = [this] {
    std::map<std::string, Json> versions;
    for (const Json& entry : daemon_->get(path_ + "/environments").json()["environments"]) {
      versions[entry["environment"]] = entry["version_number"];
    }
    return versions;
  };
  EXPECT_EQ(live(), (std::map<std::string, Json>{{"production", nullptr}, {"staging", 2}}));
  EXPECT_EQ(daemon_->api("PUT", path_ + "/environments/production", {{"version_id", first["id"]}}).status, 200);
  EXPECT_EQ(live(), (std::map<std::string, Json>{{"production", 1}, {"staging", 2}}));
  EXPECT_EQ(daemon_->api("DELETE", path_ + "/environments/staging").status, 204);
  EXPECT_EQ(live(), (std::map<std::string, Json>{{"production", 1}, {"staging", nullptr}}));
  EXPECT_EQ(daemon_->post("/v1/runs", {{"deployment_id", deployment_["id"]}, {"environment", "staging"}}).error_code(),
            "no_running_version");
}

TEST_F(ApiCalls, StartAndListRuns) {
  start();
  daemon_->made(path_ + "/versions", {{"runner", builtin_echo()}, {"environment", "production"}});
  const Answer started = daemon_->post("/v1/runs", {{"deployment_id", deployment_["id"]}, {"input", {{"topic", "x"}}}});
  EXPECT_EQ(started.status, 202);
  EXPECT_EQ(names_of(started.json()), (std::set<std::string>{"run_id", "version_id", "version_number", "status"}));
  const std::string run_path = started.header("Location");
  EXPECT_EQ(run_path, "/v1/runs/" + at(started.json(), "run_id"));
  const Json run = daemon_->wait_for_run(at(started.json(), "run_id"));
  EXPECT_EQ(names_of(run), (std::set<std::string>{"id", "deployment_id", "version_id", "version_number", "environment",
                                                  "status", "input", "output", "error_message", "incoming_webhook_id",
                                                  "created_at", "started_at", "completed_at", "traceparent"}));
  EXPECT_EQ(run["status"], "succeeded");
  EXPECT_EQ(run["output"], (Json{{"topic", "x"}}));
  EXPECT_EQ(run["incoming_webhook_id"], nullptr);

  daemon_->made(path_ + "/versions", {{"runner", shell("exit 1")}, {"environment", "staging"}});
  const Answer staged = daemon_->post("/v1/runs", {{"deployment_id", deployment_["id"]}, {"environment", "staging"}});
  const Json failed = daemon_->wait_for_run(at(staged.json(), "run_id"));
  EXPECT_EQ(failed["input"], Json::object());
  const auto ids = [this](const std::string& filter) {
    std::vector<std::string> found;
    for (const Json& listed : daemon_->get("/v1/runs" + filter).json()["runs"]) found.push_back(listed["id"]);
    return found;
  };
  const std::string one = run["id"];
  const std::string two = failed["id"];
  EXPECT_EQ(ids(""), (std::vector{two, one}));
  EXPECT_EQ(ids("?status=failed"), (std::vector{two}));
  EXPECT_EQ(ids("?environment=production"), (std::vector{one}));
  EXPECT_EQ(ids("?deployment_id=" + at(deployment_, "id") + "&environment=production&status=failed"),
            (std::vector<std::string>{}));

  EXPECT_EQ(daemon_->post("/v1/runs", {{"deployment_id", deployment_["id"]}, {"input", {1, 2}}}).status, 400);
  const Json other = daemon_->made("/v1/deployments", {{"name", "other"}});
  EXPECT_EQ(ids("?deployment_id=" + at(other, "id")), (std::vector<std::string>{}));
}

TEST_F(ApiCalls, StartOneRunForAnIdempotencyKey) {
  start();
  daemon_->made(path_ + "/versions", {{"runner", builtin_echo()}, {"environment", "production"}});
  const auto post = [this](const Json& input) {
    return curl({.method = "POST",
                 .url = daemon_->url() + "/v1/runs",
                 .headers = {"Authorization: Bearer " + daemon_->key(), "Idempotency-Key: k-1"},
                 .body = Json{{"deployment_id", deployment_["id"]}, {"input", input}}.dump()});
  };
  const Answer first = post({{"a", 1}});
  const Answer replay = post({{"a", 1}});
  EXPECT_EQ(replay.header("Idempotent-Replayed"), "true");
  EXPECT_EQ(replay.body, first.body);
  EXPECT_EQ(post({{"a", 2}}).status, 422);
}

TEST_F(ApiCalls, ManageIncomingWebhooks) {
  start();
  const Json made = daemon_->made(path_ + "/incoming-webhooks", {{"name", "ci"}});
  EXPECT_THAT(at(made, "id"), testing::StartsWith("iwh_"));
  EXPECT_EQ(made["environment"], "production");
  EXPECT_EQ(made["enabled"], true);
  EXPECT_THAT(at(made, "token"), MatchesRegex("[A-Za-z0-9_-]{43}"));
  EXPECT_EQ(made["url"], daemon_->url() + "/webhooks/runs/" + at(made, "token"));
  const std::string webhook = "/v1/incoming-webhooks/" + at(made, "id");
  const Json shown = daemon_->get(webhook).json();
  EXPECT_EQ(shown["url"], made["url"]);
  EXPECT_FALSE(shown.contains("token"));
  const Json listed = daemon_->get(path_ + "/incoming-webhooks").json()["incoming_webhooks"];
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_FALSE(listed[0].contains("url")) << "lists don't show it";

  const Json patched = daemon_->api("PATCH", webhook, {{"enabled", false}}).json();
  EXPECT_EQ(patched["enabled"], false);
  EXPECT_EQ(patched["name"], "ci") << "what is not named stays";
  EXPECT_EQ(daemon_->api("PATCH", webhook, {{"name", "jenkins"}}).json()["enabled"], false);
  const Json renewed = daemon_->post(webhook + "/regenerate-token").json();
  EXPECT_NE(renewed["token"], made["token"]);
  EXPECT_THAT(at(renewed, "url"), HasSubstr(at(renewed, "token")));
  EXPECT_EQ(daemon_->api("DELETE", webhook).status, 204);
  EXPECT_EQ(daemon_->get(webhook).status, 404);
}

TEST_F(ApiCalls, ManageOutgoingWebhooks) {
  start();
  Receiver receiver;
  const Json made = daemon_->made(path_ + "/outgoing-webhooks", {{"name", "results"},
                                                                 {"url", receiver.url()},
                                                                 {"events", {"run.succeeded"}},
                                                                 {"headers", {{"X-Tenant", "blue"}}}});
  EXPECT_THAT(at(made, "id"), testing::StartsWith("owh_"));
  EXPECT_THAT(at(made, "secret"), testing::StartsWith("whsec_"));
  const std::string webhook = "/v1/outgoing-webhooks/" + at(made, "id");
  const Json shown = daemon_->get(webhook).json();
  EXPECT_FALSE(shown.contains("secret")) << "shown once";
  EXPECT_EQ(shown["url"], receiver.url());
  Json in_the_list = shown;
  in_the_list.update({{"last_used_at", nullptr}, {"recent", Json::array()}});
  EXPECT_EQ(daemon_->get(path_ + "/outgoing-webhooks").json()["outgoing_webhooks"], Json::array({in_the_list}));

  const Json patched = daemon_->api("PATCH", webhook, {{"events", {"run.failed"}}}).json();
  EXPECT_EQ(patched["events"], (Json{"run.failed"}));
  for (const char* field : {"name", "url", "environment", "enabled", "headers"})
    EXPECT_EQ(patched[field], shown[field]);
  const Json renewed = daemon_->post(webhook + "/regenerate-secret").json();
  EXPECT_NE(renewed["secret"], made["secret"]);

  for (const Json& bad : {Json{{"events", Json::array()}}, Json{{"events", {"run.started"}}},
                          Json{{"events", {"webhook.test"}}}, Json{{"headers", {{"X-Crewship-Event", "x"}}}},
                          Json{{"headers", {{"Host", "x"}}}}, Json{{"headers", {{"Content-Type", "x"}}}},
                          Json{{"headers", {{"X-A", "two\r\nlines"}}}}, Json{{"url", "ftp://example.com"}}}) {
    EXPECT_EQ(daemon_->api("PATCH", webhook, bad).status, 400) << bad;
  }
  EXPECT_EQ(daemon_->get(webhook).json(), patched);

  const Answer test = daemon_->post(webhook + "/test");
  EXPECT_EQ(test.status, 202);
  const Json delivery = daemon_->wait_for_delivery(at(test.json(), "id"));
  for (const char* field :
       {"id", "outgoing_webhook_id", "run_id", "event", "status", "created_at", "next_attempt_at"}) {
    EXPECT_TRUE(delivery.contains(field)) << field;
  }
  EXPECT_EQ(names_of(delivery["attempts"].at(0)),
            (std::set<std::string>{"id", "number", "status", "response_status", "error", "started_at", "duration_ms",
                                   "response_body", "url", "request_headers"}));
  EXPECT_EQ(daemon_->get(webhook + "/deliveries").json()["deliveries"].size(), 1u);
  EXPECT_EQ(daemon_->api("DELETE", webhook).status, 204);
  EXPECT_EQ(daemon_->get(webhook).status, 404);
}

TEST_F(ApiCalls, ManageKeys) {
  start();
  const Json made = daemon_->made("/v1/api-keys", {{"name", "laptop"}});
  const auto list_with = [this](const std::string& key) {
    return curl({.url = daemon_->url() + "/v1/api-keys", .headers = {"Authorization: Bearer " + key}});
  };
  const Json keys = list_with(at(made, "key")).json()["api_keys"];
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0]["name"], "laptop");
  for (const Json& key : keys) EXPECT_FALSE(key.contains("key")) << "shown once";

  EXPECT_EQ(daemon_->api("DELETE", "/v1/api-keys/" + at(made, "id")).status, 204);
  EXPECT_EQ(list_with(at(made, "key")).status, 401);
  const Answer last = daemon_->api("DELETE", "/v1/api-keys/" + at(keys[1], "id"));
  EXPECT_EQ(last.status, 409);
  EXPECT_EQ(list_with(daemon_->key()).status, 200);
}

TEST_F(ApiCalls, ListPageByPage) {
  start();
  const Crew crew = daemon_->make_crew(builtin_echo());
  std::vector<std::string> made;
  for (int i = 0; i < 25; ++i) made.push_back(daemon_->trigger(crew).json()["run_id"]);
  std::reverse(made.begin(), made.end());

  const auto read_all = [this](const std::string& path) {
    std::vector<std::size_t> sizes;
    std::vector<std::string> ids;
    std::string cursor;
    do {
      const Json page = daemon_->get(path + cursor).json();
      sizes.push_back(page["runs"].size());
      for (const Json& run : page["runs"]) ids.push_back(run["id"]);
      cursor = page["next_cursor"].is_null() ? "" : "&cursor=" + page["next_cursor"].get<std::string>();
    } while (!cursor.empty());
    return std::pair(sizes, ids);
  };
  EXPECT_EQ(read_all("/v1/runs?environment=production"), (std::pair(std::vector<std::size_t>{20, 5}, made)));
  EXPECT_EQ(read_all("/v1/runs?limit=10"), (std::pair(std::vector<std::size_t>{10, 10, 5}, made)));
  EXPECT_EQ(read_all("/v1/runs?limit=25").first, (std::vector<std::size_t>{25})) << "no empty page at the end";

  // A page goes on where the last one ended, though newer ones have come.
  const Json first = daemon_->get("/v1/runs?limit=10").json();
  daemon_->run_once(crew);
  const Json second = daemon_->get("/v1/runs?limit=10&cursor=" + at(first, "next_cursor")).json();
  EXPECT_EQ(second["runs"][0]["id"], made[10]);
}

}  // namespace
}  // namespace crewship::testing_support
