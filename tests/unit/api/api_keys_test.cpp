#include "api_fixture.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class ApiKeys : public ApiTest {};

TEST_F(ApiKeys, AKeyIsShownWhenMadeAndNeverAgain) {
  const Answer made = post("/v1/api-keys", R"({"name":"ci"})");
  EXPECT_THAT(made, Status(201));
  EXPECT_EQ(made.text("name"), "ci");
  EXPECT_EQ(made.text("created_at"), "2025-01-15T10:30:00.000Z");
  EXPECT_THAT(made.text("key"), MatchesRegex("crw_[A-Za-z0-9_-]{43}"));

  const Answer list = get("/v1/api-keys");
  EXPECT_EQ(list.json()["api_keys"].size(), 2U);
  EXPECT_EQ(list.json()["api_keys"][0]["id"], made.id());
  EXPECT_THAT(list.body, Not(HasSubstr(made.text("key"))));
  EXPECT_FALSE(list.json()["api_keys"][0].contains("key"));
  EXPECT_THAT(log.text(), Not(HasSubstr(made.text("key"))));
}

TEST_F(ApiKeys, TwoKeysAreNeverTheSame) {
  EXPECT_NE(post("/v1/api-keys", R"({"name":"ci"})").text("key"), post("/v1/api-keys", R"({"name":"ci"})").text("key"));
}

TEST_F(ApiKeys, TheLastOneStays) {
  const std::string first = "/v1/api-keys/" + first_key.text();
  const Answer refused = remove(first);
  EXPECT_THAT(refused, Status(409));
  EXPECT_THAT(refused, Refused("last_api_key"));
  EXPECT_THAT(get("/v1/api-keys"), Status(200));

  const Answer other = post("/v1/api-keys", R"({"name":"ci"})");
  const Answer removed = remove("/v1/api-keys/" + other.id());
  EXPECT_THAT(removed, Status(204));
  EXPECT_EQ(removed.body, "");
  EXPECT_THAT(remove("/v1/api-keys/" + other.id()), Status(404));
}

TEST_F(ApiKeys, AKeyNeedsAName) {
  EXPECT_THAT(post("/v1/api-keys"), RefusedField("invalid_field", "name"));
  EXPECT_THAT(post("/v1/api-keys", R"({"name":""})"), RefusedField("invalid_field", "name"));
  EXPECT_THAT(post("/v1/api-keys", R"({"name":"ci","scope":"all"})"), RefusedField("unknown_field", "scope"));
}

}  // namespace
}  // namespace crewship
