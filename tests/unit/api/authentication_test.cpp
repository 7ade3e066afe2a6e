// Who gets in, and what somebody without a key learns.
#include "api_fixture.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;
using testing::Not;

class Authentication : public ApiTest {
 protected:
  Answer with(std::string authorization, std::string_view target = "/v1/deployments") {
    return call_with_headers("GET", target, "", {{"Authorization", std::move(authorization)}});
  }
};

TEST_F(Authentication, EveryRouteAsksForAKey) {
  for (const auto& route : router.routes()) {
    if (route.pattern == "/console/session") continue;
    const Answer answer = call_with_headers(route.method, route.pattern, "{}", {});
    EXPECT_THAT(answer, Status(401)) << route.method << " " << route.pattern;
    EXPECT_THAT(answer, Refused("unauthorized"));
    EXPECT_EQ(answer.header("WWW-Authenticate"), "Bearer");
  }
}

TEST_F(Authentication, OnlyTheWholeKeyOpens) {
  EXPECT_THAT(with("Bearer crw_test"), Status(200));
  for (const char* wrong : {"", "Bearer", "Bearer ", "Bearer crw_tes", "Bearer crw_test2", "Bearer CRW_TEST",
                            "Basic crw_test", "crw_test", "Bearercrw_test", "Bearer crw_test crw_test"}) {
    EXPECT_THAT(with(wrong), Status(401)) << wrong;
  }
}

TEST_F(Authentication, TheSchemeHasNoCase) { EXPECT_THAT(with("bEARER crw_test"), Status(200)); }

TEST_F(Authentication, AStrangerDoesNotLearnWhichPathsExist) {
  EXPECT_THAT(call_with_headers("GET", "/v1/nowhere", "", {}), Status(401));
  EXPECT_THAT(call("GET", "/v1/nowhere"), Status(404));
  EXPECT_THAT(call("POST", "/v1/deployments/"), Status(404));
  EXPECT_THAT(call("GET", "/v1/runs/run_x/nowhere"), Refused("not_found"));
}

TEST_F(Authentication, AWrongMethodSaysWhichAreRight) {
  const Answer answer = call("PUT", "/v1/deployments");
  EXPECT_THAT(answer, Status(405));
  EXPECT_THAT(answer.header("Allow"), HasSubstr("GET"));
  EXPECT_THAT(answer.header("Allow"), HasSubstr("POST"));
  EXPECT_THAT(answer.header("Allow"), Not(HasSubstr("PUT")));
}

TEST_F(Authentication, ADeletedKeyIsRefusedAtOnce) {
  const Answer made = post("/v1/api-keys", R"({"name":"ci"})");
  const std::string header = "Bearer " + made.text("key");
  ASSERT_THAT(with(header), Status(200));
  ASSERT_THAT(remove("/v1/api-keys/" + made.id()), Status(204));
  EXPECT_THAT(with(header), Status(401));
}

TEST_F(Authentication, RefusedKeysAreLoggedWithoutTheKey) {
  with("Bearer crw_secret_of_a_stranger");
  EXPECT_TRUE(log.has_line("api key refused", "request_id=req_", "peer="));
  EXPECT_THAT(log.text(), Not(HasSubstr("crw_secret_of_a_stranger")));
}

TEST_F(Authentication, WhoGuessesTooOftenIsToldSoAndAGoodKeyStillOpens) {
  GuessLimit guesses(2);
  Api limited(*store, clock, random, ids, *runs, *feeds, changes, wake_up, builtins,
              ApiOptions{.public_url = "https://crews.example", .allow = {}, .guesses = &guesses});
  router = {};
  limited.add_routes(router);
  for (int call = 0; call < 10; ++call) EXPECT_THAT(with(""), Status(401)) << "no key is no guess";
  EXPECT_THAT(with("Bearer crw_wrong"), Status(401));
  EXPECT_THAT(with("Bearer x", "/v1/nowhere"), Status(401));
  const Answer refused = with("Bearer crw_wrong");
  EXPECT_THAT(refused, Status(429));
  EXPECT_THAT(refused, Refused("too_many_guesses"));
  EXPECT_EQ(refused.header("Retry-After"), "30");
  EXPECT_THAT(with("Bearer crw_test"), Status(200));
  clock.advance(30s);
  EXPECT_THAT(with("Bearer crw_wrong"), Status(401));
}

TEST_F(Authentication, AKeysLastUseIsNotedOnceAMinute) {
  const auto last_use = [this] { return get("/v1/api-keys").json()["api_keys"][0]["last_used_at"]; };
  const std::string first = format_timestamp(clock.now());
  EXPECT_EQ(last_use(), first);
  clock.advance(59s);
  EXPECT_EQ(last_use(), first);
  clock.advance(1s);
  EXPECT_EQ(last_use(), format_timestamp(clock.now()));
}

}  // namespace
}  // namespace crewship
