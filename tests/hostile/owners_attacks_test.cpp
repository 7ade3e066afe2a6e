// What somebody with a key can send: ids of other things, wrong shapes of everything, everything too large, and text
// made to deceive whoever reads the log. Each call is refused or taken, never a 5xx, and the daemon goes on.
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/daemon.hpp"
#include "e2e/raw_connection.hpp"

namespace crewship::testing_support {
namespace {

struct Route {
  std::string method;
  std::string path;
};

class OwnersAttacks : public DaemonTest {
 protected:
  void start_with_everything(const Json& config = Json::object()) {
    start({.config = config});
    crew_ = daemon_->make_crew(builtin_echo());
    other_ = daemon_->make_crew(builtin_echo());
    const Json webhook = daemon_->subscribe(crew_, "http://127.0.0.1:1/");
    const std::string run_id = daemon_->run_once(crew_);
    const std::string webhook_id = webhook["id"];
    daemon_->wait_for("/v1/outgoing-webhooks/" + webhook_id + "/deliveries",
                      [](const Json& body) { return !body["deliveries"].empty(); });
    const std::string versions = "/v1/deployments/" + crew_.deployment_id + "/versions";
    ids_ = {{"deployment", crew_.deployment_id},
            {"version", daemon_->get(versions).json()["versions"][0]["id"]},
            {"run", run_id},
            {"incoming_webhook", crew_.webhook_id},
            {"outgoing_webhook", webhook_id},
            {"delivery", daemon_->deliveries(webhook)[0]["id"]},
            {"api_key", daemon_->get("/v1/api-keys").json()["api_keys"][0]["id"]}};
    connection_ = std::make_unique<RawConnection>(*daemon_);
  }
  std::vector<Route> routes() {
    std::vector<Route> routes;
    const Json document = daemon_->get("/openapi.json").json();
    for (const auto& [path, item] : document["paths"].items()) {
      for (const auto& [method, operation] : item.items()) {
        if (method == "parameters" || !path.starts_with("/v1/")) continue;
        std::string upper = method;
        for (char& c : upper) c = static_cast<char>(std::toupper(c));
        routes.push_back({upper, path});
      }
    }
    return routes;
  }
  // The path with each of its parameters replaced.
  static std::string filled(const std::string& path, const std::string& id) {
    return std::regex_replace(path, std::regex(R"(\{[a-z_]+\})"), id);
  }
  std::string filled_well(const std::string& path) {
    std::string result = path;
    for (const auto& [kind, id] : ids_) {
      result = std::regex_replace(result, std::regex("(" + plural(kind) + R"(/)\{[a-z_]+\})"), "$1" + id);
    }
    return filled(result, "production");
  }
  static std::string plural(std::string kind) {
    std::ranges::replace(kind, '_', '-');
    return kind == "delivery" ? "deliveries" : kind + "s";
  }

  // Over one connection, which is made anew when the daemon closes it.
  Answer call(const std::string& method, const std::string& path, const std::string& body,
              const std::string& headers = "") {
    connection_->send(method + " " + path + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + key() +
                      "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body);
    Answer answer = connection_->answer(method == "HEAD");
    if (answer.status == 0 || answer.header("Connection") == "close") {
      connection_ = std::make_unique<RawConnection>(*daemon_);
    }
    return answer;
  }
  const std::string& key() {
    if (key_.empty()) key_ = daemon_->key();
    return key_;
  }

  Crew crew_;
  Crew other_;
  std::map<std::string, std::string> ids_;
  std::unique_ptr<RawConnection> connection_;
  std::string key_;
};

TEST_F(OwnersAttacks, AnIdOfSomethingElseIsNotFound) {
  start_with_everything();
  std::size_t calls = 0;
  for (const Route& route : routes()) {
    if (route.path.find('{') == std::string::npos) continue;
    const auto expect_not_found = [&](const std::string& id) {
      ++calls;
      const Answer answer = call(route.method, filled(route.path, id), "{}");
      EXPECT_THAT(answer.status, testing::AnyOf(404, 400))
          << route.method << " " << route.path << " of " << id << ": " << answer.body;
    };
    for (const auto& [kind, id] : ids_) {
      if (route.path.find(plural(kind) + "/{") != std::string::npos) continue;
      expect_not_found(id);
    }
    for (const char* id :
         {"x", "dep_", "%00", "%2e%2e", "..%2f..", "dep_%27%20OR%201=1--", "*", "%25", "-1",
          "dep_00000000000000000000000000", "run_00000000000000000000000000", "DEP_00000000000000000000000000"}) {
      expect_not_found(id);
    }
  }
  std::cout << calls << " calls\n";

  // What belongs to another deployment cannot be borrowed.
  const std::string others = "/v1/deployments/" + other_.deployment_id;
  EXPECT_EQ(call("PUT", others + "/environments/production", R"({"version_id":")" + ids_["version"] + "\"}").status,
            400);
  EXPECT_EQ(daemon_->trigger(crew_).status, 202) << "and nothing was deleted by a wrong id";
  EXPECT_EQ(daemon_->trigger(other_).json()["version_number"], 1);
}

TEST_F(OwnersAttacks, WrongShapesOfEverythingAreRefused) {
  start_with_everything();
  const std::vector<std::string> values = {"null",
                                           "true",
                                           "0",
                                           "-1",
                                           "1e400",
                                           "\"\"",
                                           "\"x\"",
                                           "[]",
                                           "[null]",
                                           "[[]]",
                                           "{}",
                                           R"({"a":null})",
                                           R"("\ud800")",
                                           R"("\u0000")",
                                           "9223372036854775808",
                                           "[\"\"]",
                                           R"({"type":"command","command":"sh"})",
                                           R"({"type":"builtin","handler":1})",
                                           R"(["run.succeeded","run.succeeded"])",
                                           R"({"A":{"B":1}})"};
  const std::vector<std::string> fields = {"name",          "url",        "events", "headers", "environment",
                                           "enabled",       "runner",     "env",    "input",   "timeout_seconds",
                                           "deployment_id", "version_id", "since",  "dry_run", "no_such_field"};
  std::size_t calls = 0;
  for (const Route& route : routes()) {
    if (route.method == "GET" || route.method == "DELETE") continue;
    const std::string path = filled_well(route.path);
    const auto expect_sane = [&](const std::string& body) {
      ++calls;
      const Answer answer = call(route.method, path, body);
      EXPECT_TRUE(answer.status >= 200 && answer.status < 500)
          << route.method << " " << path << " " << body << ": " << answer.status << answer.body;
    };
    for (const auto& value : values) {
      expect_sane(value);
      for (const auto& field : fields) expect_sane("{\"" + field + "\":" + value + "}");
    }
  }
  std::cout << calls << " calls\n";
  EXPECT_EQ(daemon_->log().text().find("request failed"), std::string::npos);
}

TEST_F(OwnersAttacks, WhatIsTooLargeIsRefusedAndNothingGrows) {
  start_with_everything();
  const std::string deployment = "/v1/deployments/" + crew_.deployment_id;
  const auto text = [](std::size_t bytes) { return "\"" + std::string(bytes, 'x') + "\""; };
  const auto many = [](std::size_t count, const auto& make, char open, char close) {
    std::string all(1, open);
    for (std::size_t i = 0; i < count; ++i) all += (i == 0 ? "" : ",") + make(i);
    return all + close;
  };
  const auto pair = [](std::size_t i) { return "\"X" + std::to_string(i) + "\":\"y\""; };
  const auto word = [](std::size_t) { return std::string("\"x\""); };
  const std::string shell = R"({"type":"command","command":["true"]})";
  struct Case {
    std::string method;
    std::string path;
    std::string body;
  };
  const std::vector<Case> cases = {
      {"POST", "/v1/deployments", "{\"name\":" + text(201) + "}"},
      {"POST", "/v1/deployments", "{\"name\":" + text(1000000) + "}"},
      {"POST", "/v1/deployments", text(1048575)},
      {"POST", "/v1/deployments", std::string(1000000, '[')},
      {"POST", "/v1/deployments", "{\"name\":" + std::string(500000, '[') + std::string(500000, ']') + "}"},
      {"POST", "/v1/deployments", "{\"name\":" + std::string(1000000, '9') + "}"},
      {"POST", "/v1/deployments", many(60000, pair, '{', '}')},
      {"POST", deployment + "/versions",
       R"({"runner":{"type":"command","command":)" + many(1001, word, '[', ']') + "}}"},
      {"POST", deployment + "/versions", R"({"runner":{"type":"command","command":[)" + text(100001) + "]}}"},
      {"POST", deployment + "/versions", "{\"runner\":" + shell + ",\"env\":" + many(201, pair, '{', '}') + "}"},
      {"POST", deployment + "/versions", "{\"runner\":" + shell + ",\"env\":{\"A\":" + text(500000) + "}}"},
      {"POST", deployment + "/versions", "{\"runner\":" + shell + ",\"env\":{" + text(1000) + ":\"x\"}}"},
      {"POST", deployment + "/versions",
       "{\"runner\":" + shell + ",\"timeout_seconds\":1" + std::string(400, '0') + "}"},
      {"POST", deployment + "/outgoing-webhooks",
       R"({"name":"x","events":["run.failed"],"url":"http://a/)" + std::string(3000, 'x') + "\"}"},
      {"POST", deployment + "/outgoing-webhooks",
       R"({"name":"x","events":["run.failed"],"url":"http://a/","headers":)" + many(21, pair, '{', '}') + "}"},
      {"POST", deployment + "/outgoing-webhooks",
       R"({"name":"x","events":["run.failed"],"url":"http://a/","headers":{"X":)" + text(20000) + "}}"},
      {"POST", deployment + "/outgoing-webhooks",
       R"({"name":"x","url":"http://a/","events":)" + many(100000, word, '[', ']') + "}"},
      {"GET", "/v1/runs?cursor=" + std::string(8000, 'x'), ""},
      {"GET", "/v1/runs?limit=1" + std::string(4000, '0'), ""},
      {"GET",
       "/v1/runs?" + many(
                         500, [](std::size_t i) { return "a" + std::to_string(i); }, 'a', 'a'),
       ""},
      {"GET", "/v1/runs/" + std::string(8000, 'x'), ""},
      {"POST", "/v1/runs",
       R"({"deployment_id":")" + crew_.deployment_id + R"(","input":)" + std::string(100000, '[') + "}"},
      {"POST", "/v1/outgoing-webhooks/" + ids_["outgoing_webhook"] + "/recover", "{\"since\":" + text(100000) + "}"},
  };
  for (const auto& [method, path, body] : cases) {
    const Answer answer = call(method, path, body);
    EXPECT_TRUE(answer.status >= 400 && answer.status < 500)
        << method << " " << path.substr(0, 80) << " " << body.substr(0, 80) << ": " << answer.status;
    EXPECT_LT(answer.body.size(), 4096u) << "an answer does not hand back what was too large";
  }
  EXPECT_EQ(call("POST", "/v1/runs", "{}", "Idempotency-Key: " + std::string(10000, 'x') + "\r\n").status, 400);
  EXPECT_EQ(call("GET", "/v1/runs", "", "Cookie: " + std::string(17000, 'x') + "\r\n").status, 431);
  EXPECT_EQ(daemon_->get("/v1/deployments").json()["deployments"].size(), 2u);
  EXPECT_EQ(daemon_->get(deployment + "/versions").json()["versions"].size(), 1u);
}

// Lines of the log that nobody but the daemon has begun, in both formats, whatever others write.
class Injection : public OwnersAttacks, public testing::WithParamInterface<const char*> {};

TEST_P(Injection, NobodyWritesALineOfTheLogNorMovesTheCursor) {
  start_with_everything({{"log", {{"level", "debug"}, {"format", GetParam()}}}});
  const std::string evil =
      "x\n2026-01-01T00:00:00.000Z INFO  forged line\r\x1b[2J\x1b]0;owned\x07\xc2\x9b"
      "31m\xe2\x80\xae\xe2\x80\xa8\x7f";
  const std::string quoted = Json(evil).dump();
  const std::string deployment = "/v1/deployments/" + crew_.deployment_id;
  for (const Route& route : routes()) {
    if (route.method == "GET") continue;
    for (const char* field : {"name", "url", "environment", "since", "version_id", "deployment_id"}) {
      if (route.method != "DELETE")
        call(route.method, filled_well(route.path), "{\"" + std::string(field) + "\":" + quoted + "}");
    }
    call(route.method, filled(route.path, "%0aforged%1b%5b2J"), "{}");
  }
  call("GET", "/v1/runs?status=%0aforged%1b%5b2J", "");
  call("POST", "/v1/runs", R"({"deployment_id":")" + crew_.deployment_id + "\"}",
       "Idempotency-Key: a\tb\r\nUser-Agent: \xc2\x9b\r\n");
  for (const Json& runner : {shell("printf '%s' \"$EVIL\" >&2; printf '%s' \"$EVIL\"; exit 3"),
                             Json{{"type", "command"}, {"command", {evil}}},
                             Json{{"type", "command"}, {"command", {"true"}}, {"working_dir", evil}}}) {
    const Answer made = daemon_->post(deployment + "/versions",
                                      {{"runner", runner}, {"env", {{"EVIL", evil}}}, {"environment", "production"}});
    EXPECT_EQ(made.status, 201) << made.body;
    const Answer answer = daemon_->trigger(crew_, R"({"a":)" + quoted + "}");
    EXPECT_THAT(answer.status, testing::AnyOf(202, 503));
    if (answer.status == 202) daemon_->wait_for_run(answer.json()["run_id"].get<std::string>());
  }
  EXPECT_EQ(daemon_->stop(), 0);
  std::istringstream log(daemon_->whole_log());
  const std::regex text_line(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (DEBUG|INFO |WARN |ERROR) .*)");
  std::size_t lines = 0;
  for (std::string line; std::getline(log, line); ++lines) {
    EXPECT_THAT(line, testing::Not(testing::StartsWith("2026-01-01T00:00:00"))) << "a forged line";
    if (std::string_view(GetParam()) == "json") {
      EXPECT_TRUE(Json::parse(line, nullptr, false).is_object()) << line;
    } else {
      EXPECT_TRUE(std::regex_match(line, text_line)) << line;
    }
    for (const char* deceit : {"\r", "\x1b", "\x07", "\x7f", "\xc2\x9b", "\xe2\x80\xae", "\xe2\x80\xa8"}) {
      EXPECT_EQ(line.find(deceit), std::string::npos) << line;
    }
  }
  EXPECT_GT(lines, 20u);
}

INSTANTIATE_TEST_SUITE_P(Formats, Injection, testing::Values("text", "json"),
                         [](const auto& format) { return std::string(format.param); });

}  // namespace
}  // namespace crewship::testing_support
