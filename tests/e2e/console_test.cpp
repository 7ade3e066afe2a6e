// The console as a browser meets it: its files, and the session that opens the API to it.
#include <map>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon.hpp"
#include "gate.hpp"
#include "raw_connection.hpp"
#include "receiver.hpp"

namespace crewship::testing_support {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class Console : public DaemonTest {
 protected:
  Answer sign_in(const std::string& key, std::vector<std::string> headers = {}) {
    return curl({.method = "POST",
                 .url = daemon_->url() + "/console/session",
                 .headers = std::move(headers),
                 .body = Json{{"api_key", key}}.dump()});
  }
  // As the browser keeps it.
  std::string signed_in(const std::string& key) {
    const std::string header = sign_in(key).header("Set-Cookie");
    return "Cookie: " + header.substr(0, header.find(';'));
  }
  std::string own_origin() const { return "Origin: " + daemon_->url(); }
  int read_with(const std::string& cookie) {
    return curl({.url = daemon_->url() + "/v1/deployments", .headers = {cookie}}).status;
  }
  Answer create_with(std::vector<std::string> headers) {
    headers.emplace_back("Content-Type: application/json");
    return curl({.method = "POST",
                 .url = daemon_->url() + "/v1/deployments",
                 .headers = std::move(headers),
                 .body = R"({"name":"crew"})"});
  }
  Answer sign_out(const std::string& cookie) {
    return curl({.method = "DELETE", .url = daemon_->url() + "/console/session", .headers = {cookie, own_origin()}});
  }
};

TEST_F(Console, ItsPageAndFilesAreServed) {
  start();
  EXPECT_EQ(curl({.url = daemon_->url() + "/"}).header("Location"), "/console");
  const Answer page = curl({.url = daemon_->url() + "/console/runs/run_1"});
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.header("Content-Security-Policy"), HasSubstr("default-src 'none'"));
  const auto begin = page.body.find("/console/assets/");
  ASSERT_NE(begin, std::string::npos) << page.body;
  const std::string script = page.body.substr(begin, page.body.find('"', begin) - begin);
  const Answer plain = curl({.url = daemon_->url() + script});
  EXPECT_EQ(plain.status, 200);
  EXPECT_THAT(plain.header("Content-Type"), HasSubstr("text/javascript"));
  // curl unpacks what it asked for.
  const Answer packed = curl({.url = daemon_->url() + script, .more = {"--compressed"}});
  EXPECT_EQ(packed.header("Content-Encoding"), "gzip");
  EXPECT_EQ(packed.body, plain.body);
  EXPECT_EQ(curl({.url = daemon_->url() + script, .headers = {"If-None-Match: " + plain.header("ETag")}}).status, 304);
}

TEST_F(Console, ASessionOpensTheApiUntilItIsEnded) {
  start();
  EXPECT_EQ(sign_in("crw_wrong").error_code(), "wrong_key");
  const Answer answer = sign_in(daemon_->key(), {own_origin()});
  EXPECT_EQ(answer.status, 204);
  EXPECT_THAT(answer.header("Set-Cookie"),
              MatchesRegex("crewship_session=[A-Za-z0-9_-]{43}; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200"));
  const std::string cookie = signed_in(daemon_->key());
  EXPECT_EQ(read_with(cookie), 200);
  EXPECT_EQ(create_with({cookie, own_origin()}).status, 201);
  EXPECT_EQ(create_with({cookie, "Sec-Fetch-Site: same-origin"}).status, 201);
  for (const char* wrong : {"Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site", "X-None: 1"}) {
    const Answer refused = create_with({cookie, wrong});
    EXPECT_EQ(refused.status, 403) << wrong;
    EXPECT_EQ(refused.error_code(), "wrong_origin");
  }
  EXPECT_EQ(sign_in(daemon_->key(), {"Origin: http://evil.example"}).status, 403);

  EXPECT_EQ(sign_out(cookie).status, 204);
  EXPECT_EQ(read_with(cookie), 401);
  const std::string secret = cookie.substr(cookie.find('=') + 1);
  EXPECT_THAT(daemon_->log().text(), Not(HasSubstr(secret)));
}

TEST_F(Console, ASessionSurvivesARestartAndNotItsKey) {
  start();
  const Json key = daemon_->made("/v1/api-keys", {{"name", "operator"}});
  const std::string kept = signed_in(key["key"]);
  const std::string ended = signed_in(key["key"]);
  sign_out(ended);
  daemon_->restart_after_kill();
  EXPECT_EQ(read_with(kept), 200);
  EXPECT_EQ(read_with(ended), 401);
  EXPECT_EQ(daemon_->api("DELETE", "/v1/api-keys/" + key["id"].get<std::string>()).status, 204);
  EXPECT_EQ(read_with(kept), 401);
}

// Streams of every kind, one by cookie and one by key each; what opens nothing any more also ends what it opened.
TEST_F(Console, OpenStreamsEndWithTheSessionOrTheKeyThatOpenedThem) {
  start();
  const Gate gate(daemon_->folder() / "gate");
  const Crew crew = daemon_->make_crew(shell("echo one >&2; " + gate.wait_command()));
  const std::string run = daemon_->trigger(crew).json()["run_id"];
  const Json key = daemon_->made("/v1/api-keys", {{"name", "operator"}});
  const std::string by_session = signed_in(key["key"]);
  const std::string by_other_session = signed_in(key["key"]);
  const std::string by_key = "Authorization: Bearer " + key["key"].get<std::string>();
  const std::string by_other_key = "Authorization: Bearer " + daemon_->key();
  const auto open_all = [&](const std::string& header) {
    std::vector<std::unique_ptr<RawConnection>> streams;
    for (const std::string& path :
         {"/runs/" + run + "/events", "/runs/" + run + "/logs?follow=true", std::string("/events")}) {
      streams.push_back(std::make_unique<RawConnection>(*daemon_));
      streams.back()->send("GET /v1" + path + " HTTP/1.1\r\nHost: a\r\n" + header + "\r\n\r\n");
      EXPECT_TRUE(streams.back()->wait_for("\r\n\r\n"));
    }
    EXPECT_TRUE(streams[0]->wait_for("\"one\""));
    EXPECT_TRUE(streams[1]->wait_for("one\n"));
    return streams;
  };
  const auto signed_out = open_all(by_session);
  const auto of_other_session = open_all(by_other_session);
  const auto of_key = open_all(by_key);
  const auto staying = open_all(by_other_key);

  EXPECT_EQ(sign_out(by_session).status, 204);
  for (const auto& stream : signed_out) EXPECT_FALSE(stream->rest().ends_with("0\r\n\r\n")) << "it was cut off";
  const auto watchers = [this](int count) {
    return daemon_->eventually([this, count] {
      return curl({.url = daemon_->url() + "/metrics"})
          .body.contains("crewship_event_watchers " + std::to_string(count) + "\n");
    });
  };
  EXPECT_TRUE(watchers(9));
  EXPECT_EQ(daemon_->api("DELETE", "/v1/api-keys/" + key["id"].get<std::string>()).status, 204);
  for (const auto& stream : of_other_session) stream->rest();
  for (const auto& stream : of_key) stream->rest();
  EXPECT_TRUE(watchers(3));
  gate.open();
  EXPECT_TRUE(staying[0]->wait_for("\"complete\""));
  EXPECT_TRUE(staying[1]->rest().ends_with("0\r\n\r\n"));
  EXPECT_TRUE(staying[2]->wait_for("run.succeeded"));
}

TEST_F(Console, TheCookieTravelsByHttpsAloneWhereThatIsHowTheServerIsReached) {
  start({.config = {{"public_url", "https://crews.example"}}});
  EXPECT_THAT(sign_in(daemon_->key()).header("Set-Cookie"), HasSubstr("; Secure"));
}

TEST_F(Console, TheSettingsInForceAreShown) {
  start({.config = {{"executor", {{"max_concurrent_runs", 3}}}, {"console", {{"session_lifetime", "2h"}}}}});
  const Json server = daemon_->get("/v1/server").json();
  EXPECT_EQ(server["limits"]["executor"]["max_concurrent_runs"], 3);
  EXPECT_EQ(server["limits"]["console"]["session_lifetime"], "2h");
  EXPECT_EQ(server["limits"]["delivery"]["allow"], Json::array({"127.0.0.1/32"}));
  EXPECT_THAT(sign_in(daemon_->key()).header("Set-Cookie"), HasSubstr("Max-Age=7200"));
}

TEST_F(Console, ATraceFollowsARequestToEachAttempt) {
  start();
  Receiver receiver(Receiver::in_turn({answer_with("503 Busy", "", "later"), answer_with("200 OK", "", "thanks")}));
  const Crew crew = daemon_->make_crew(builtin_echo());
  const Json webhook = daemon_->subscribe(crew, receiver.url(), {{"headers", {{"X-Tenant", "blue"}}}});
  const Answer triggered = daemon_->trigger(crew, R"({"ticket":7})");
  const std::string run_id = triggered.json()["run_id"];
  const Json trace = daemon_->wait_for("/v1/runs/" + run_id + "/trace", [](const Json& body) {
    return body["deliveries"].size() == 1 && body["deliveries"][0]["status"] == "succeeded";
  });
  EXPECT_EQ(trace["run"]["id"], run_id);
  EXPECT_EQ(trace["request"]["request_id"], triggered.header("X-Request-Id"));
  EXPECT_EQ(trace["request"]["incoming_webhook_id"], crew.webhook_id);
  const Json& delivery = trace["deliveries"][0];
  EXPECT_EQ(delivery["outgoing_webhook_id"], webhook["id"]);
  ASSERT_EQ(delivery["attempts"].size(), 2u);
  const auto received = receiver.received();
  ASSERT_EQ(received.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    const Json& attempt = delivery["attempts"][i];
    EXPECT_EQ(attempt["url"], receiver.url());
    EXPECT_EQ(attempt["response_body"], i == 0 ? "later" : "thanks");
    for (const char* name : {"X-Crewship-Signature", "X-Crewship-Timestamp", "webhook-signature", "Content-Type"}) {
      EXPECT_EQ(attempt["request_headers"][name], received[i].header(name)) << name;
    }
    EXPECT_EQ(attempt["request_headers"]["X-Tenant"], "***");
  }
  const Json whole = daemon_->get("/v1/deliveries/" + delivery["id"].get<std::string>()).json();
  EXPECT_EQ(whole["request_body"], received[0].body);
  EXPECT_EQ(daemon_->get("/v1/deliveries?run_id=" + run_id).json()["deliveries"].size(), 1u);
}

TEST_F(Console, TheOverviewSaysWhatNeedsAttention) {
  start();
  Receiver receiver(Receiver::in_turn({answer_with("500 Broken")}));
  const Crew crew = daemon_->make_crew(shell("exit 3"));
  const Json webhook = daemon_->subscribe(crew, receiver.url());
  daemon_->run_once(crew);
  daemon_->api("PATCH", "/v1/incoming-webhooks/" + crew.webhook_id, {{"enabled", false}});
  EXPECT_EQ(daemon_->trigger(crew).status, 404);
  const Json overview = daemon_->wait_for("/v1/overview", [](const Json& body) {
    return body["attention"].size() == 3 && body["waiting_deliveries"] == 0;
  });
  std::map<std::string, Json> lines;
  for (const Json& line : overview["attention"]) lines[line["kind"]] = line;
  EXPECT_EQ(lines["outgoing_webhook"]["id"], webhook["id"]);
  EXPECT_EQ(lines["outgoing_webhook"]["error"], "answered 500");
  EXPECT_EQ(lines["version"]["error"], "exited with status 3");
  EXPECT_EQ(lines["refusals"]["id"], crew.webhook_id);
  EXPECT_EQ(overview["failed_last_hour"], 1);
  daemon_->restart_after_kill();
  EXPECT_EQ(daemon_->get("/v1/overview").json()["failed_last_hour"], 1);
}

}  // namespace
}  // namespace crewship::testing_support
