// The console as a browser meets it: its files, and the session that opens the API to it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon.hpp"

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

}  // namespace
}  // namespace crewship::testing_support
