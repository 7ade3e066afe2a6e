// The document that GET /openapi.json answers says what the routes are, no more and no less.
#include <crewship/api/openapi.hpp>

#include <cctype>

#include "api_fixture.hpp"

namespace crewship {
namespace {

using testing::IsSupersetOf;
using testing::StartsWith;

class OpenApi : public ApiTest {
 protected:
  static std::string upper_case(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
  }
  // With those of the schemas it is made of.
  std::set<std::string> properties_of(const Json& schema) const {
    if (schema.contains("$ref")) {
      return properties_of(document[Json::json_pointer(schema["$ref"].get<std::string>().substr(1))]);
    }
    std::set<std::string> properties;
    for (const auto& part : schema.value("allOf", Json::array())) properties.merge(properties_of(part));
    for (const auto& [field, value] : schema.value("properties", Json::object()).items()) properties.insert(field);
    return properties;
  }
  const Json document = Json::parse(openapi_document());
};

TEST_F(OpenApi, HasEveryRouteAndNoOther) {
  std::set<std::string> described;
  for (const auto& [path_text, item] : document["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      if (method != "parameters") described.insert(upper_case(method) + " " + path_text);
    }
  }
  // Routes of other rooms.
  std::set<std::string> served{"POST /webhooks/runs/{token}", "GET /healthz", "GET /readyz", "GET /metrics",
                               "GET /openapi.json"};
  for (const auto& route : router.routes()) {
    if (route.pattern != "/v1/") served.insert(route.method + " " + route.pattern);
  }
  EXPECT_EQ(described, served);
}

TEST_F(OpenApi, EveryOperationSaysWhatItIsAndHowItIsCalled) {
  std::set<std::string> names;
  for (const auto& [path_text, item] : document["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      if (method == "parameters") continue;
      SCOPED_TRACE(method + " " + path_text);
      EXPECT_FALSE(operation.at("summary").get<std::string>().empty());
      EXPECT_TRUE(names.insert(operation.at("operationId").get<std::string>()).second);
      EXPECT_FALSE(operation.at("responses").empty());
    }
  }
}

TEST_F(OpenApi, EveryReferenceLeadsSomewhere) {
  const std::function<void(const Json&)> check = [&](const Json& node) {
    if (node.is_object() && node.contains("$ref")) {
      const auto reference = node["$ref"].get<std::string>();
      ASSERT_THAT(reference, StartsWith("#/"));
      EXPECT_TRUE(document.contains(Json::json_pointer(reference.substr(1)))) << reference;
    }
    if (node.is_structured()) {
      for (const auto& child : node) check(child);
    }
  };
  check(document);
}

TEST_F(OpenApi, IsAnsweredWithoutAKey) {
  add_openapi_route(router);
  const Answer answer = call_with_headers("GET", "/openapi.json", "", {});
  EXPECT_THAT(answer, Status(200));
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  EXPECT_EQ(answer.json(), document);
}

// What is answered has the fields that the document promises, and no others.
TEST_F(OpenApi, AnswersHaveTheFieldsOfTheirSchemas) {
  deploy(BuiltinRunner{"echo"});
  const auto run = launch_and_end();
  const std::vector<std::pair<std::string, Json>> answers{
      {"Deployment", get(of_deployment()).json()},
      {"Version", get(of_deployment("/versions")).json()["versions"][0]},
      {"EnvironmentPointer", get(of_deployment("/environments")).json()["environments"][0]},
      {"Run", get("/v1/runs/" + run.id.text()).json()},
      {"IncomingWebhookRow", get(of_deployment("/incoming-webhooks")).json()["incoming_webhooks"][0]},
      {"OutgoingWebhook", get(of_outgoing()).json()},
      {"OutgoingWebhookRow", get(of_deployment("/outgoing-webhooks")).json()["outgoing_webhooks"][0]},
      {"WholeDelivery", post(of_outgoing("/test")).json()},
      {"Overview", get("/v1/overview").json()},
      {"Delivery", get(of_outgoing("/deliveries")).json()["deliveries"][0]},
      {"ApiKey", get("/v1/api-keys").json()["api_keys"][0]},
  };
  for (const auto& [name, answer] : answers) {
    SCOPED_TRACE(name);
    std::set<std::string> fields;
    for (const auto& [field, value] : answer.items()) fields.insert(field);
    EXPECT_EQ(properties_of(document["components"]["schemas"].at(name)), fields);
  }
}

}  // namespace
}  // namespace crewship
