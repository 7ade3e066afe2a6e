// What the door of an incoming webhook takes and refuses.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon.hpp"
#include "raw_connection.hpp"

namespace crewship::testing_support {
namespace {

using testing::HasSubstr;

class IncomingRequests : public DaemonTest {
 protected:
  std::size_t runs() { return daemon_->get("/v1/runs?limit=100").json()["runs"].size(); }
};

std::string nested(std::size_t levels) {
  std::string text;
  for (std::size_t i = 0; i < levels; ++i) text += R"({"a":)";
  return text + "1" + std::string(levels, '}');
}

TEST_F(IncomingRequests, AnswerWithTheRunThatHasStarted) {
  start();
  const Crew crew = daemon_->make_crew(shell("exec sleep 1000"));
  const Answer answer = daemon_->trigger(crew, R"({"topic":"AI agents"})", {"Content-Type: application/json"});

  EXPECT_EQ(answer.status, 202);
  const Json body = answer.json();
  const std::string run_id = body["run_id"];
  EXPECT_EQ(answer.body, R"({"run_id":")" + run_id + R"(","version_id":")" + body["version_id"].get<std::string>() +
                             R"(","version_number":1,"status":"running"})");
  EXPECT_EQ(answer.header("Location"), "/v1/runs/" + run_id);
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  EXPECT_THAT(run_id, testing::StartsWith("run_"));
  EXPECT_THAT(body["version_id"].get<std::string>(), testing::StartsWith("ver_"));

  EXPECT_FALSE(processes_of_run(run_id).empty()) << "202 means that the process exists";
  const Json run = daemon_->get("/v1/runs/" + run_id).json();
  EXPECT_EQ(run["status"], "running");
  EXPECT_EQ(run["input"], Json::parse(R"({"topic":"AI agents"})"));
  EXPECT_EQ(run["incoming_webhook_id"], crew.webhook_id);
  EXPECT_FALSE(run["started_at"].is_null());
}

TEST_F(IncomingRequests, OfAnotherMethodAreToldToPost) {
  start();
  const Crew crew = daemon_->make_crew(builtin_echo());
  for (const char* method : {"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    const Answer answer = curl({.method = method, .url = daemon_->url() + crew.path});
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(answer.header("Allow"), "POST") << method;
  }
  EXPECT_EQ(runs(), 0u);
}

// All that a caller could tell them apart by: the status, every header that is not made anew each time, every byte.
std::string seen_by_caller(const Answer& answer) {
  std::string text = std::to_string(answer.status) + "\n";
  for (const auto& [name, value] : answer.headers) {
    text += name + ": " + (name == "Date" || name == "X-Request-Id" ? "" : value) + "\n";
  }
  return text + answer.body;
}

TEST_F(IncomingRequests, ToUnknownDeletedAndDisabledWebhooksLookTheSame) {
  start();
  const Crew deleted = daemon_->make_crew(builtin_echo());
  const Crew disabled = daemon_->make_crew(builtin_echo());
  const Crew renewed = daemon_->make_crew(builtin_echo());
  const Crew gone = daemon_->make_crew(builtin_echo());
  EXPECT_EQ(daemon_->api("DELETE", "/v1/incoming-webhooks/" + deleted.webhook_id).status, 204);
  EXPECT_EQ(daemon_->api("PATCH", "/v1/incoming-webhooks/" + disabled.webhook_id, {{"enabled", false}}).status, 200);
  EXPECT_EQ(daemon_->post("/v1/incoming-webhooks/" + renewed.webhook_id + "/regenerate-token").status, 200);
  EXPECT_EQ(daemon_->api("DELETE", "/v1/deployments/" + gone.deployment_id).status, 204);

  const std::string unknown = seen_by_caller(daemon_->trigger({.path = "/webhooks/runs/" + std::string(43, 'A')}));
  EXPECT_THAT(unknown, testing::StartsWith("404\n"));
  for (const std::string& path :
       {deleted.path, disabled.path, renewed.path, gone.path, std::string("/webhooks/runs/x"),
        std::string("/webhooks/runs/"), "/webhooks/runs/" + std::string(4000, 'A'),
        std::string("/webhooks/runs/%00%ff"), deleted.path + "/", disabled.path + "/more", disabled.path + "?a=b"}) {
    for (const char* body : {"{}", "not json", ""}) {
      EXPECT_EQ(seen_by_caller(daemon_->trigger({.path = path}, body)), unknown) << path << " with " << body;
    }
  }
  EXPECT_EQ(runs(), 0u);
  // The owner is told why.
  EXPECT_TRUE(daemon_->log().wait_for_line({"incoming_webhook_id=" + disabled.webhook_id, "disabled"}));
}

TEST_F(IncomingRequests, OverTheSizeLimitAreRefusedWhole) {
  start({.config = {{"limits", {{"body_bytes", 4096}}}}});
  const Crew crew = daemon_->make_crew(builtin_echo());
  const std::string frame = R"({"a":""})";
  const std::string fits = R"({"a":")" + std::string(4096 - frame.size(), 'x') + R"("})";
  const std::string too_large = R"({"a":")" + std::string(4097 - frame.size(), 'x') + R"("})";

  const Answer taken = daemon_->trigger(crew, fits);
  EXPECT_EQ(taken.status, 202);
  EXPECT_EQ(daemon_->wait_for_run(taken.json().value("run_id", ""))["input"], Json::parse(fits));

  const Answer refused = daemon_->trigger(crew, too_large);
  EXPECT_EQ(refused.status, 413);
  EXPECT_EQ(refused.error_code(), "body_too_large");
  EXPECT_EQ(daemon_->trigger(crew, too_large, {"Transfer-Encoding: chunked"}).status, 413);
  EXPECT_EQ(daemon_->trigger(crew, fits, {"Transfer-Encoding: chunked"}).status, 202);

  RawConnection connection(*daemon_);
  connection.send("POST " + crew.path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n");
  EXPECT_EQ(connection.answer().status, 413) << "the announced length alone is reason enough";
  EXPECT_EQ(runs(), 2u);
}

TEST_F(IncomingRequests, MayBeAMebibyteUnlessConfigured) {
  start();
  const Crew crew = daemon_->make_crew(builtin_echo());
  const std::string frame = R"({"a":""})";
  EXPECT_EQ(daemon_->trigger(crew, R"({"a":")" + std::string(1048576 - frame.size(), 'x') + R"("})").status, 202);
  EXPECT_EQ(daemon_->trigger(crew, R"({"a":")" + std::string(1048577 - frame.size(), 'x') + R"("})").status, 413);
}

TEST_F(IncomingRequests, MustCarryAJsonObject) {
  start();
  const Crew crew = daemon_->make_crew(builtin_echo());
  using namespace std::string_literals;
  for (const std::string& body :
       {"not json"s, "{"s, R"({"a":1,})"s, R"({"a":NaN})"s, R"({"a":Infinity})"s, R"({'a':1})"s, R"({"a":01})"s,
        "{\"a\":\"\xff\"}"s, "{\"a\":\"\xc0\xaf\"}"s, "{\"a\":\"\xed\xa0\x80\"}"s, "\xef\xbb\xbf{}"s, R"({} {})"s,
        "{\"a\":\"\x01\"}"s, R"(// comment
{})"s,
        "{\"a\":1}\0"s, " "s, nested(65), "[" + nested(64) + "]"}) {
    const Answer answer = daemon_->trigger(crew, body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_EQ(answer.error_code(), "invalid_json") << body;
  }
  for (const char* body : {"[]", "[{}]", "1", "\"{}\"", "null", "true"}) {
    const Answer answer = daemon_->trigger(crew, body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_EQ(answer.error_code(), "invalid_input") << body;
  }
  EXPECT_EQ(runs(), 0u);
}

TEST_F(IncomingRequests, HandTheirBodyOverAsItCame) {
  start();
  const Crew crew = daemon_->make_crew(builtin_echo());
  for (const std::string& body :
       {std::string("{}"), std::string(" {\n \"a\" : [1, 2.50, \"\\u00e9\", {\"b\": null}] }\n"), nested(64),
        std::string(R"({"é":"日本語 😀","big":12345678901234567890})")}) {
    const std::string run_id = daemon_->run_once(crew, body);
    EXPECT_EQ(daemon_->get("/v1/runs/" + run_id).json()["input"], Json::parse(body)) << body;
  }
  EXPECT_EQ(daemon_->get("/v1/runs/" + daemon_->run_once(crew, "")).json()["input"], Json::object());
  const Answer without_body = curl({.method = "POST", .url = daemon_->url() + crew.path});
  EXPECT_EQ(without_body.status, 202) << "an empty body is an empty object";
  EXPECT_EQ(daemon_->wait_for_run(without_body.json().value("run_id", ""))["input"], Json::object());
}

TEST_F(IncomingRequests, NeedNoContentType) {
  start();
  const Crew crew = daemon_->make_crew(builtin_echo());
  for (const char* header :
       {"Content-Type:", "Content-Type: text/plain", "Content-Type: text/plain; charset=utf-8",
        "Content-Type: application/x-www-form-urlencoded", "Content-Type: application/json; charset=UTF-8",
        "Content-Type: application/cloudevents+json"}) {
    EXPECT_EQ(daemon_->trigger(crew, R"({"a":1})", {header}).status, 202) << header;
  }
  const Answer plain_curl = curl({.method = "POST", .url = daemon_->url() + crew.path, .more = {"-d", R"({"a": 1})"}});
  EXPECT_EQ(plain_curl.status, 202);
  EXPECT_EQ(curl({.method = "POST", .url = daemon_->url() + crew.path + "?verbose=1&a=%", .body = "{}"}).status, 202)
      << "query strings are ignored";
}

TEST_F(IncomingRequests, MustBePlain) {
  start();
  const Crew crew = daemon_->make_crew(builtin_echo());
  for (const char* header : {"Content-Encoding: gzip", "Content-Encoding: identity",
                             "Content-Type: multipart/form-data; boundary=x", "Content-Type: Multipart/mixed"}) {
    EXPECT_EQ(daemon_->trigger(crew, "{}", {header}).status, 415) << header;
  }
  const Answer form = curl({.method = "POST", .url = daemon_->url() + crew.path, .more = {"--form", "a=b"}});
  EXPECT_EQ(form.status, 415);
  EXPECT_EQ(runs(), 0u);
}

TEST_F(IncomingRequests, NeedAVersionInTheirEnvironment) {
  start();
  const Json deployment = daemon_->made("/v1/deployments", {{"name", "crew"}});
  const std::string path = "/v1/deployments/" + deployment["id"].get<std::string>();
  for (const std::string environment : {"production", "staging"}) {
    const Json webhook = daemon_->made(path + "/incoming-webhooks", {{"name", "ci"}, {"environment", environment}});
    const Answer answer = daemon_->trigger({.path = "/webhooks/runs/" + webhook["token"].get<std::string>()});
    EXPECT_EQ(answer.status, 409);
    EXPECT_EQ(answer.json()["error"],
              (Json{{"code", "no_running_version"},
                    {"message", "No running version found for " + environment + " environment"}}));
  }
}

TEST_F(IncomingRequests, RunTheVersionThatIsLiveAtThatMoment) {
  start();
  const Crew crew = daemon_->make_crew(shell("exec sleep 1000"));
  const Answer first = daemon_->trigger(crew);
  const Json second_version = daemon_->go_live(crew, builtin_echo());
  const Answer second = daemon_->trigger(crew);
  EXPECT_EQ(first.json()["version_number"], 1);
  EXPECT_EQ(second.json()["version_number"], 2);
  EXPECT_EQ(second.json()["version_id"], second_version["id"]);
  EXPECT_EQ(daemon_->get(first.header("Location")).json()["version_number"], 1) << "pinned";

  EXPECT_EQ(daemon_
                ->api("PUT", "/v1/deployments/" + crew.deployment_id + "/environments/production",
                      {{"version_id", first.json()["version_id"]}})
                .status,
            200);
  EXPECT_EQ(daemon_->trigger(crew).json()["version_number"], 1) << "rolled back";
}

TEST_F(IncomingRequests, AreLimitedPerWebhookAndMinute) {
  start({.config = {{"limits", {{"triggers_per_minute", 3}}}}});
  const Crew crew = daemon_->make_crew(builtin_echo());
  const Crew other = daemon_->make_crew(builtin_echo());
  for (int call = 0; call < 3; ++call) EXPECT_EQ(daemon_->trigger(crew).status, 202);
  const Answer refused = daemon_->trigger(crew);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.error_code(), "too_many_triggers");
  EXPECT_THAT(refused.header("Retry-After"), testing::MatchesRegex("[1-9][0-9]*"));
  EXPECT_EQ(daemon_->trigger(other).status, 202);
  EXPECT_EQ(runs(), 4u);
}

TEST_F(IncomingRequests, OfAWebhookThatIsGoneAreAnsweredAsIfItHadNeverBeen) {
  start({.config = {{"limits", {{"triggers_per_minute", 1}}}}});
  const auto webhook = [](const Crew& crew) { return "/v1/incoming-webhooks/" + crew.webhook_id; };
  struct Way {
    const char* name;
    std::function<Answer(const Crew&)> go;
  };
  const std::vector<Way> ways{
      {"disabled", [&](const Crew& crew) { return daemon_->api("PATCH", webhook(crew), {{"enabled", false}}); }},
      {"deleted", [&](const Crew& crew) { return daemon_->api("DELETE", webhook(crew)); }},
      {"renewed", [&](const Crew& crew) { return daemon_->post(webhook(crew) + "/regenerate-token"); }},
      {"without deployment",
       [&](const Crew& crew) { return daemon_->api("DELETE", "/v1/deployments/" + crew.deployment_id); }}};
  for (const auto& [name, go] : ways) {
    SCOPED_TRACE(name);
    const Crew crew = daemon_->make_crew(builtin_echo());
    Crew nobody = crew;
    nobody.path = "/webhooks/runs/" + std::string(43, 'x');
    ASSERT_EQ(daemon_->trigger(crew).status, 202);
    ASSERT_EQ(daemon_->trigger(crew).status, 429);
    ASSERT_LT(go(crew).status, 300);
    const Answer gone = daemon_->trigger(crew);
    EXPECT_EQ(gone.status, 404);
    EXPECT_EQ(gone.body, daemon_->trigger(nobody).body);
  }
}

TEST_F(IncomingRequests, WhoseProgramCannotStartSaySo) {
  start();
  const Crew crew = daemon_->make_crew(builtin_echo());
  const std::string script = daemon_->folder() / "script";
  write_file(script, "#!/bin/sh\n");
  struct Case {
    Json runner;
    const char* program;
    const char* reason;
  };
  for (const auto& [runner, program, reason] :
       {Case{{{"type", "command"}, {"command", {"no-such-program"}}}, "no-such-program", "No such file"},
        Case{{{"type", "command"}, {"command", {script}}}, "script", "Permission denied"},
        Case{{{"type", "command"}, {"command", {"true"}}, {"working_dir", "/nowhere"}}, "/nowhere", "No such file"}}) {
    daemon_->go_live(crew, runner);
    const Answer answer = daemon_->trigger(crew);
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.error_code(), "run_failed_to_start");
    const std::string run_id = answer.json()["error"].value("run_id", "");
    const Json run = daemon_->get("/v1/runs/" + run_id).json();
    EXPECT_EQ(run["status"], "failed");
    EXPECT_EQ(run["started_at"], nullptr);
    EXPECT_THAT(run["error_message"].get<std::string>(), HasSubstr(program));
    EXPECT_THAT(run["error_message"].get<std::string>(), HasSubstr(reason));
  }
}

TEST_F(IncomingRequests, TwiceAreTwoRuns) {
  start();
  const Crew crew = daemon_->make_crew(builtin_echo());
  const Answer first = daemon_->trigger(crew, R"({"a":1})");
  const Answer second = daemon_->trigger(crew, R"({"a":1})");
  EXPECT_EQ(second.status, 202);
  EXPECT_NE(first.json()["run_id"], second.json()["run_id"]);
  EXPECT_EQ(runs(), 2u);
}

}  // namespace
}  // namespace crewship::testing_support
