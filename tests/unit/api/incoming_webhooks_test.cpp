#include "api_fixture.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class IncomingWebhooks : public ApiTest {
 protected:
  Answer create(std::string body) { return post(of_deployment("/incoming-webhooks"), std::move(body)); }
  std::optional<IncomingWebhook> known_by(std::string_view token) {
    return read([&](Tx& tx) { return find_incoming_webhook_by_token(tx, sha256(token)); });
  }
};

TEST_F(IncomingWebhooks, TheUrlIsShownWhenMadeAndToItsOwnerLater) {
  const Answer made = create(R"({"name":"zendesk"})");
  EXPECT_THAT(made, Status(201));
  const std::string token = made.text("token");
  EXPECT_THAT(token, MatchesRegex("[A-Za-z0-9_-]{43}"));
  EXPECT_EQ(made.json(), Json({{"id", made.id()},
                               {"deployment_id", deployment.text()},
                               {"name", "zendesk"},
                               {"environment", "production"},
                               {"enabled", true},
                               {"created_at", "2025-01-15T10:30:00.000Z"},
                               {"url", "https://crews.example/webhooks/runs/" + token},
                               {"token", token}}));
  ASSERT_TRUE(known_by(token));
  EXPECT_EQ(known_by(token)->id.text(), made.id());

  const Json shown = get("/v1/incoming-webhooks/" + made.id()).json();
  EXPECT_EQ(shown["url"], made.text("url"));
  EXPECT_FALSE(shown.contains("token"));
  EXPECT_THAT(get(of_deployment("/incoming-webhooks")).body, Not(HasSubstr(token)));
  EXPECT_THAT(log.text(), Not(HasSubstr(token)));
}

TEST_F(IncomingWebhooks, AListShowsEnoughToTellThemApartAndHowTheyWereUsed) {
  const Json unused = get(of_deployment("/incoming-webhooks")).json()["incoming_webhooks"][0];
  EXPECT_EQ(unused["masked_url"], "https://crews.example/webhooks/runs/****oken");
  EXPECT_EQ(unused["last_used_at"], nullptr);
  EXPECT_EQ(unused["recent"], Json::array());

  deploy(BuiltinRunner{"echo"});
  for (int i = 0; i < 20; ++i) launch_and_end();
  clock.advance(1min);
  deploy(shell("exit 3"));
  launch_and_end();
  const Json used = get(of_deployment("/incoming-webhooks")).json()["incoming_webhooks"][0];
  EXPECT_EQ(used["last_used_at"], format_timestamp(clock.now()));
  Json expected = Json::array({"failed"});
  for (int i = 1; i < 20; ++i) expected.push_back("succeeded");
  EXPECT_EQ(used["recent"], expected);
}

TEST_F(IncomingWebhooks, BelongToOneEnvironment) {
  EXPECT_EQ(create(R"({"name":"x","environment":"staging"})").text("environment"), "staging");
  EXPECT_THAT(create(R"({"name":"x","environment":"qa"})"), RefusedField("invalid_field", "environment"));
  EXPECT_THAT(patch(of_incoming(), R"({"environment":"staging"})"), RefusedField("unknown_field", "environment"));
}

TEST_F(IncomingWebhooks, FieldsAreChecked) {
  EXPECT_THAT(create("{}"), RefusedField("invalid_field", "name"));
  EXPECT_THAT(create(R"({"name":" "})"), RefusedField("invalid_field", "name"));
  EXPECT_THAT(create(R"({"name":"x","url":"https://x.example"})"), RefusedField("unknown_field", "url"));
  EXPECT_THAT(patch(of_incoming(), R"({"enabled":"yes"})"), RefusedField("invalid_field", "enabled"));
  EXPECT_THAT(patch(of_incoming(), R"({"enabled":0})"), RefusedField("invalid_field", "enabled"));
  EXPECT_THAT(patch(of_incoming(), R"({"name":7})"), RefusedField("invalid_field", "name"));
  EXPECT_EQ(get(of_incoming()).text("name"), "door");
}

TEST_F(IncomingWebhooks, PatchLeavesWhatItDoesNotName) {
  const Answer disabled = patch(of_incoming(), R"({"enabled":false})");
  EXPECT_THAT(disabled, Status(200));
  EXPECT_EQ(disabled.json()["enabled"], false);
  EXPECT_EQ(disabled.text("name"), "door");

  const Answer renamed = patch(of_incoming(), R"({"name":"back door"})");
  EXPECT_EQ(renamed.text("name"), "back door");
  EXPECT_EQ(renamed.json()["enabled"], false);
  EXPECT_EQ(renamed.text("url"), "https://crews.example/webhooks/runs/token");
  EXPECT_EQ(patch(of_incoming(), "{}").json(), renamed.json());
  EXPECT_TRUE(known_by("token"));
}

TEST_F(IncomingWebhooks, ANewTokenMakesTheOldOneUnknownAtOnce) {
  const Answer changed = post(of_incoming("/regenerate-token"));
  EXPECT_THAT(changed, Status(200));
  EXPECT_EQ(changed.id(), incoming.text());
  EXPECT_EQ(changed.text("url"), "https://crews.example/webhooks/runs/" + changed.text("token"));
  EXPECT_FALSE(known_by("token"));
  EXPECT_TRUE(known_by(changed.text("token")));
  EXPECT_EQ(get(of_incoming()).text("url"), changed.text("url"));
  EXPECT_THAT(log.text(), Not(HasSubstr(changed.text("token"))));
}

TEST_F(IncomingWebhooks, ADeletedOneIsGoneAndItsRunsRemain) {
  deploy(BuiltinRunner{"echo"});
  const auto run = launch_and_end();
  EXPECT_THAT(remove(of_incoming()), Status(204));
  EXPECT_FALSE(known_by("token"));
  EXPECT_THAT(get(of_incoming()), Refused("not_found"));
  EXPECT_THAT(patch(of_incoming(), "{}"), Status(404));
  EXPECT_THAT(remove(of_incoming()), Status(404));
  EXPECT_THAT(post(of_incoming("/regenerate-token")), Status(404));
  EXPECT_THAT(get(of_deployment("/incoming-webhooks")).json()["incoming_webhooks"], testing::IsEmpty());
  EXPECT_EQ(get("/v1/runs/" + run.id.text()).text("incoming_webhook_id"), incoming.text());
}

TEST_F(IncomingWebhooks, AnIdOfAnotherTypeIsNotFound) {
  const std::string root = "/v1/incoming-webhooks/" + outgoing.text();
  EXPECT_THAT(get(root), Refused("not_found"));
  EXPECT_THAT(patch(root, "{}"), Status(404));
  EXPECT_THAT(remove(root), Status(404));
  EXPECT_THAT(post(root + "/regenerate-token"), Status(404));
}

}  // namespace
}  // namespace crewship
