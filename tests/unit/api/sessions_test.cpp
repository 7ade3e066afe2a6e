// Signing in to the console, and what its cookie opens.
#include "api_fixture.hpp"
#include "support/blocked_writer.hpp"

namespace crewship {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class Sessions : public ApiTest {
 protected:
  static constexpr std::string_view place = "/console/session";

  void make_api(ApiOptions api_options) {
    api = std::make_unique<Api>(*store, clock, random, ids, *runs, *feeds, changes, wake_up, builtins,
                                std::move(api_options));
    router = Router();
    api->add_routes(router);
  }
  Answer sign_in(std::string_view key = admin_key, Headers headers = {}) {
    return call_with_headers("POST", place, Json{{"api_key", key}}.dump(), std::move(headers));
  }
  // What a browser would send back.
  static std::string cookie_of(const Answer& answer) {
    const std::string header = answer.header("Set-Cookie");
    return header.substr(0, header.find(';'));
  }
  std::string signed_in() { return cookie_of(sign_in()); }
  Answer with_cookie(const std::string& cookie, std::string method = "GET", std::string_view target = "/v1/deployments",
                     Headers more = {}, std::string body = {}) {
    more.emplace_back("Host", "crews.example");
    more.emplace_back("Cookie", cookie);
    return call_with_headers(std::move(method), target, std::move(body), std::move(more));
  }
  Answer create(const std::string& cookie, Headers more) {
    return with_cookie(cookie, "POST", "/v1/deployments", std::move(more), R"({"name":"from the console"})");
  }
  bool is_signed_in(const std::string& cookie) { return with_cookie(cookie, "GET", place).json()["signed_in"]; }
};

TEST_F(Sessions, AKeyIsChangedForACookieThatScriptsCannotRead) {
  const Answer answer = sign_in();
  EXPECT_THAT(answer, Status(204));
  EXPECT_THAT(answer.header("Set-Cookie"), MatchesRegex("crewship_session=[A-Za-z0-9_-]{43}; Path=/; HttpOnly; "
                                                        "SameSite=Strict; Max-Age=43200"));
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  EXPECT_THAT(with_cookie(cookie_of(answer)), Status(200));
  EXPECT_NE(signed_in(), signed_in());
}

TEST_F(Sessions, BehindHttpsTheCookieTravelsByNothingElse) {
  make_api({.public_url = "https://crews.example", .allow = {}, .secure_cookies = true});
  EXPECT_THAT(sign_in().header("Set-Cookie"), EndsWith("; Secure"));
}

TEST_F(Sessions, AWrongKeyOpensNothing) {
  for (const char* key : {"", "crw_tes", "crw_test2"}) {
    const Answer answer = sign_in(key);
    EXPECT_THAT(answer, Status(401));
    EXPECT_THAT(answer, Refused("wrong_key"));
    EXPECT_EQ(answer.header("Set-Cookie"), "(none)");
  }
  EXPECT_THAT(call_with_headers("POST", place, "{}", {}), RefusedField("invalid_field", "api_key"));
}

TEST_F(Sessions, WhoGuessesTooOftenIsToldSoAndAGoodKeyStillOpens) {
  GuessLimit guesses(2);
  make_api({.public_url = "https://crews.example", .allow = {}, .guesses = &guesses});
  EXPECT_THAT(sign_in("crw_wrong"), Status(401));
  EXPECT_THAT(with_cookie("crewship_session=wrong"), Status(401));
  EXPECT_THAT(sign_in("crw_wrong"), Refused("too_many_guesses"));
  EXPECT_THAT(with_cookie("crewship_session=wrong"), Status(429));
  EXPECT_THAT(sign_in(), Status(204));
  EXPECT_THAT(with_cookie(signed_in()), Status(200));
}

class SessionsOfABusyStore : public Sessions {
 protected:
  SessionsOfABusyStore() { max_queued_writes = 1; }
};

TEST_F(SessionsOfABusyStore, StrangersNeedNoWrite) {
  const BlockedWriter blocked(loop, *store);
  EXPECT_THAT(sign_in("crw_wrong"), Refused("wrong_key"));
  EXPECT_FALSE(is_signed_in("crewship_session=wrong"));
  EXPECT_THAT(with_cookie("crewship_session=wrong", "DELETE", place), Status(204));
  EXPECT_THAT(sign_in(), Refused("storage_busy"));
}

TEST_F(Sessions, CookiesThatNobodyGotOpenNothing) {
  const std::string cookie = signed_in();
  for (const std::string& wrong : {std::string("crewship_session="), cookie + "x", "x" + cookie,
                                   "crewship_sessions" + cookie.substr(cookie.find('=')), std::string("a=b")}) {
    EXPECT_THAT(with_cookie(wrong), Status(401)) << wrong;
  }
  EXPECT_THAT(with_cookie("theme=dark; " + cookie + "; x=y"), Status(200));
}

TEST_F(Sessions, AKeyThatIsSentCountsBeforeTheCookie) {
  const std::string cookie = signed_in();
  EXPECT_THAT(with_cookie(cookie, "GET", "/v1/deployments", {{"Authorization", "Bearer wrong"}}), Status(401));
  EXPECT_THAT(with_cookie(cookie, "GET", "/v1/deployments", {{"Authorization", "Basic eA=="}}), Status(401));
  // And needs no origin.
  EXPECT_THAT(create(cookie, {{"Authorization", "Bearer " + std::string(admin_key)}}), Status(201));
}

TEST_F(Sessions, ChangesMustComeFromTheServersOwnPages) {
  const std::string cookie = signed_in();
  for (const Headers& good : {Headers{{"Origin", "http://crews.example"}}, Headers{{"Origin", "https://CREWS.example"}},
                              Headers{{"Sec-Fetch-Site", "same-origin"}},
                              // A proxy may change the Host, no page can change this.
                              Headers{{"Sec-Fetch-Site", "same-origin"}, {"Origin", "https://outside.example"}}}) {
    EXPECT_THAT(create(cookie, good), Status(201));
  }
  for (const Headers& bad :
       {Headers{}, Headers{{"Origin", "http://evil.example"}}, Headers{{"Origin", "http://crews.example:8080"}},
        Headers{{"Origin", "http://crews.example.evil.example"}}, Headers{{"Origin", "null"}},
        Headers{{"Origin", "crews.example"}}, Headers{{"Sec-Fetch-Site", "same-site"}},
        Headers{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "http://crews.example"}},
        Headers{{"Sec-Fetch-Site", "none"}}}) {
    const Answer answer = create(cookie, bad);
    EXPECT_THAT(answer, Status(403));
    EXPECT_THAT(answer, Refused("wrong_origin"));
  }
  for (const char* method : {"PATCH", "DELETE"}) {
    EXPECT_THAT(with_cookie(cookie, method, of_deployment(), {}, "{}"), Status(403)) << method;
  }
  EXPECT_THAT(get("/v1/deployments?limit=100").json()["deployments"], testing::SizeIs(5));
  EXPECT_THAT(with_cookie(cookie, "GET", "/v1/deployments", {{"Origin", "http://evil.example"}}), Status(200));
}

TEST_F(Sessions, AnotherSitesPageCanNeitherSignInNorOut) {
  EXPECT_THAT(sign_in(admin_key, {{"Host", "crews.example"}, {"Origin", "http://evil.example"}}),
              Refused("wrong_origin"));
  EXPECT_THAT(sign_in(admin_key, {{"Host", "crews.example"}, {"Origin", "http://crews.example"}}), Status(204));
  const std::string cookie = signed_in();
  EXPECT_THAT(with_cookie(cookie, "DELETE", place, {{"Sec-Fetch-Site", "cross-site"}}), Status(403));
  EXPECT_TRUE(is_signed_in(cookie));
}

TEST_F(Sessions, SigningOutEndsItForGood) {
  const std::string cookie = signed_in();
  const std::string other = signed_in();
  EXPECT_TRUE(is_signed_in(cookie));
  const Answer out = with_cookie(cookie, "DELETE", place);
  EXPECT_THAT(out, Status(204));
  EXPECT_THAT(out.header("Set-Cookie"), HasSubstr("crewship_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"));
  EXPECT_FALSE(is_signed_in(cookie));
  EXPECT_THAT(with_cookie(cookie), Status(401));
  EXPECT_THAT(with_cookie(other), Status(200));
  EXPECT_THAT(with_cookie(cookie, "DELETE", place), Status(204));
}

TEST_F(Sessions, WhoIsNotSignedInLearnsJustThat) {
  const Answer answer = call_with_headers("GET", place, "", {});
  EXPECT_THAT(answer, Status(200));
  EXPECT_EQ(answer.json()["signed_in"], false);
  EXPECT_TRUE(answer.json()["version"].is_string());
  EXPECT_EQ(answer.header("Set-Cookie"), "(none)");
}

TEST_F(Sessions, TheyEndWithTheirKey) {
  const Answer key = post("/v1/api-keys", R"({"name":"ci"})");
  const std::string cookie = cookie_of(sign_in(key.text("key")));
  ASSERT_THAT(with_cookie(cookie), Status(200));
  ASSERT_THAT(remove("/v1/api-keys/" + key.id()), Status(204));
  EXPECT_THAT(with_cookie(cookie), Status(401));
  EXPECT_FALSE(is_signed_in(cookie));
}

TEST_F(Sessions, TheyEndWhenNobodyUsesThem) {
  const std::string cookie = signed_in();
  clock.advance(12h - 1ms);
  EXPECT_THAT(with_cookie(cookie), Status(200));  // a use
  clock.advance(12h - 1ms);
  EXPECT_TRUE(is_signed_in(cookie));  // another
  clock.advance(12h);
  EXPECT_FALSE(is_signed_in(cookie));
  EXPECT_THAT(with_cookie(cookie), Status(401));
}

TEST_F(Sessions, AskingRenewsTheCookie) {
  const std::string cookie = signed_in();
  const Answer answer = with_cookie(cookie, "GET", place);
  EXPECT_EQ(cookie_of(answer), cookie);
  EXPECT_THAT(answer.header("Set-Cookie"), EndsWith("Max-Age=43200"));
}

TEST_F(Sessions, AreAUseOfTheKey) {
  clock.advance(10min);
  signed_in();
  EXPECT_EQ(get("/v1/api-keys").json()["api_keys"][0]["last_used_at"], format_timestamp(clock.now()));
}

TEST_F(Sessions, NeitherKeyNorCookieIsLogged) {
  const std::string cookie = signed_in();
  sign_in("crw_secret_of_a_stranger");
  with_cookie("crewship_session=stolen");
  with_cookie(cookie, "DELETE", place);
  EXPECT_TRUE(log.has_line("signed in", "api_key_id=" + first_key.text(), "peer="));
  EXPECT_TRUE(log.has_line("sign-in refused", "code=wrong_key"));
  EXPECT_TRUE(log.has_line("signed out"));
  EXPECT_THAT(log.text(), Not(HasSubstr("crw_secret_of_a_stranger")));
  EXPECT_THAT(log.text(), Not(HasSubstr("stolen")));
  EXPECT_THAT(log.text(), Not(HasSubstr(cookie.substr(cookie.find('=') + 1))));
}

TEST_F(Sessions, WhatTheKeyOpensIsKeptByNoCache) {
  EXPECT_EQ(get("/v1/deployments").header("Cache-Control"), "no-store");
}

class ServerInfo : public ApiTest {};

TEST_F(ServerInfo, SaysWhatRunsSinceWhenAndWithWhichSettings) {
  const std::string started = format_timestamp(clock.now());
  clock.advance(1h);
  const Json info = get("/v1/server").json();
  EXPECT_EQ(info["name"], "crewshipd");
  EXPECT_EQ(info["public_url"], "https://crews.example");
  EXPECT_EQ(info["started_at"], started);
  EXPECT_TRUE(info["limits"].is_object());
  EXPECT_FALSE(info["version"].get<std::string>().empty());
}

}  // namespace
}  // namespace crewship
