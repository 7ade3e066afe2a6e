// Deployments and what is live in their environments.
#include "api_fixture.hpp"

namespace crewship {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;

class Deployments : public ApiTest {
 protected:
  std::string environment(std::string_view name) { return of_deployment("/environments/" + std::string(name)); }
  Answer put(std::string_view name, std::string_view version) {
    return call("PUT", environment(name), Json{{"version_id", version}}.dump());
  }
  Json live() { return get(of_deployment("/environments")).json()["environments"]; }
};

TEST_F(Deployments, AreMadeShownRenamedAndDeleted) {
  const Answer made = post("/v1/deployments", R"({"name":"support crew"})");
  EXPECT_THAT(made, Status(201));
  const auto id = made.id();
  EXPECT_TRUE(DeploymentId::parse(id));
  const Json shown{{"id", id}, {"name", "support crew"}, {"created_at", "2025-01-15T10:30:00.000Z"}};
  EXPECT_EQ(made.json(), shown);
  EXPECT_EQ(get("/v1/deployments/" + id).json(), shown);

  const Answer renamed = patch("/v1/deployments/" + id, R"({"name":"sales crew"})");
  EXPECT_THAT(renamed, Status(200));
  EXPECT_EQ(renamed.text("name"), "sales crew");
  EXPECT_EQ(get("/v1/deployments/" + id).text("name"), "sales crew");

  EXPECT_THAT(remove("/v1/deployments/" + id), Status(204));
  EXPECT_THAT(get("/v1/deployments/" + id), Status(404));
  EXPECT_THAT(remove("/v1/deployments/" + id), Status(404));
  EXPECT_THAT(patch("/v1/deployments/" + id, R"({"name":"again"})"), Status(404));
  EXPECT_THAT(get("/v1/deployments").body, Not(HasSubstr(id)));
}

TEST_F(Deployments, PatchLeavesWhatItDoesNotName) {
  for (const char* body : {"", "{}", R"({"name":null})"}) {
    const Answer answer = patch(of_deployment(), body);
    EXPECT_THAT(answer, Status(200)) << body;
    EXPECT_EQ(answer.text("name"), "crew") << body;
  }
}

TEST_F(Deployments, NamesAreChecked) {
  for (const char* name : {"", "   ", "two\nlines", "bell\a"}) {
    const std::string body = Json{{"name", name}}.dump();
    EXPECT_THAT(post("/v1/deployments", body), RefusedField("invalid_field", "name")) << body;
    EXPECT_THAT(patch(of_deployment(), body), RefusedField("invalid_field", "name")) << body;
  }
  EXPECT_THAT(post("/v1/deployments", Json{{"name", std::string(201, 'x')}}.dump()),
              RefusedField("invalid_field", "name"));
  EXPECT_EQ(new_deployment("Größe ☂").size(), deployment.text().size());
}

TEST_F(Deployments, AnIdOfAnotherTypeOrOfNothingIsNotFound) {
  for (const std::string& id : {std::string("dep_nonsense"), incoming.text(), ids.make<DeploymentId>().text()}) {
    const std::string root = "/v1/deployments/" + id;
    EXPECT_THAT(get(root), Refused("not_found"));
    EXPECT_THAT(patch(root, R"({"name":"x"})"), Status(404));
    EXPECT_THAT(remove(root), Status(404));
    for (const char* list : {"/versions", "/environments", "/incoming-webhooks", "/outgoing-webhooks"}) {
      EXPECT_THAT(get(root + list), Refused("not_found")) << list;
    }
    EXPECT_THAT(post(root + "/versions", R"({"runner":{"type":"builtin","handler":"echo"}})"), Status(404));
    EXPECT_THAT(post(root + "/incoming-webhooks", R"({"name":"x"})"), Status(404));
    EXPECT_THAT(
        post(root + "/outgoing-webhooks", R"({"name":"x","url":"https://example.com","events":["run.failed"]})"),
        Status(404));
    EXPECT_THAT(call("PUT", root + "/environments/production", Json{{"version_id", new_version()}}.dump()),
                Status(404));
    EXPECT_THAT(remove(root + "/environments/production"), Status(404));
  }
}

TEST_F(Deployments, DeletingOneEndsItsWebhooksAndKeepsItsRuns) {
  deploy(BuiltinRunner{"echo"});
  const auto run = launch_and_end();
  Delivery waiting;
  waiting.id = ids.make<DeliveryId>();
  waiting.outgoing_webhook_id = outgoing;
  waiting.body = "{}";
  waiting.created_at = clock.now();
  waiting.next_attempt_at = clock.now() + 1h;
  write([&](Tx& tx) { insert_delivery(tx, waiting); });

  ASSERT_THAT(remove(of_deployment()), Status(204));

  EXPECT_THAT(get(of_incoming()), Status(404));
  EXPECT_THAT(get(of_outgoing()), Status(404));
  const Answer delivery = get("/v1/deliveries/" + waiting.id.text());
  EXPECT_EQ(delivery.text("status"), "failed");
  EXPECT_EQ(delivery.text("error"), "webhook disabled");
  EXPECT_EQ(get("/v1/runs/" + run.id.text()).text("status"), "succeeded");
  EXPECT_THAT(get("/v1/runs?deployment_id=" + deployment.text()).body, HasSubstr(run.id.text()));
  EXPECT_THAT(post("/v1/runs", Json{{"deployment_id", deployment.text()}}.dump()), Status(404));
}

TEST_F(Deployments, EnvironmentsPointAtNothingAtFirst) {
  EXPECT_EQ(live(), Json::parse(R"([
      {"environment":"production","version_id":null,"version_number":null,"updated_at":null},
      {"environment":"staging","version_id":null,"version_number":null,"updated_at":null}])"));
}

TEST_F(Deployments, AVersionGoesLiveIsRolledBackAndTakenDown) {
  const std::string first = new_version();
  const std::string second = new_version();
  clock.advance(1s);

  const Answer answer = put("production", second);
  EXPECT_THAT(answer, Status(200));
  EXPECT_EQ(answer.json(), Json({{"environment", "production"},
                                 {"version_id", second},
                                 {"version_number", 2},
                                 {"updated_at", "2025-01-15T10:30:01.000Z"}}));
  EXPECT_EQ(put("staging", second).text("environment"), "staging");
  EXPECT_EQ(put("production", first).json()["version_number"], 1);
  EXPECT_EQ(live()[0]["version_id"], first);
  EXPECT_EQ(live()[1]["version_id"], second);

  EXPECT_THAT(remove(environment("production")), Status(204));
  EXPECT_EQ(live()[0]["version_id"], nullptr);
  EXPECT_EQ(live()[1]["version_id"], second);
  EXPECT_THAT(remove(environment("production")), Status(204)) << "it is down already, as asked for";
  EXPECT_THAT(post("/v1/runs", Json{{"deployment_id", deployment.text()}}.dump()), Refused("no_running_version"));
}

TEST_F(Deployments, OnlyItsOwnVersionsGoLive) {
  const std::string other =
      post("/v1/deployments/" + new_deployment() + "/versions", R"({"runner":{"type":"builtin","handler":"echo"}})")
          .id();
  for (const std::string& version : {other, std::string("ver_nonsense"), deployment.text(), std::string("")}) {
    EXPECT_THAT(put("production", version), RefusedField("unknown_version", "version_id")) << version;
  }
  EXPECT_THAT(call("PUT", environment("production"), "{}"), RefusedField("invalid_field", "version_id"));
  EXPECT_THAT(call("PUT", environment("production"), R"({"version_id":1})"),
              RefusedField("invalid_field", "version_id"));
  EXPECT_EQ(live()[0]["version_id"], nullptr);
}

TEST_F(Deployments, ThereAreTwoEnvironments) {
  const std::string version = new_version();
  for (const char* name : {"qa", "Production", "production%20"}) {
    EXPECT_THAT(put(name, version), Status(404)) << name;
    EXPECT_THAT(remove(environment(name)), Status(404)) << name;
  }
}

}  // namespace
}  // namespace crewship
