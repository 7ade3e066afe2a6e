// What is refused of any request body, whatever the route.
#include "api_fixture.hpp"

namespace crewship {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class RequestBodies : public ApiTest {
 protected:
  Answer create(std::string body, Headers headers = {}) {
    return call("POST", "/v1/deployments", std::move(body), std::move(headers));
  }
};

TEST_F(RequestBodies, WhatIsNoJsonObjectIsRefused) {
  for (const char* body : {"{", "name=x", "{\"name\":\"x\"} x", "{\"name\":NaN}", "\xff", "{\"name\":\"\xff\"}", " "}) {
    EXPECT_THAT(create(body), Refused("invalid_json")) << body;
  }
  for (const char* body : {"[]", "\"x\"", "null", "7"}) EXPECT_THAT(create(body), Refused("invalid_body")) << body;
  const std::string deep = std::string(66, '[') + std::string(66, ']');
  EXPECT_THAT(create("{\"name\":" + deep + "}"), Refused("invalid_json"));
}

TEST_F(RequestBodies, FieldsAreNamedInErrors) {
  EXPECT_THAT(create("{}"), RefusedField("invalid_field", "name"));
  EXPECT_THAT(create(R"({"name":null})"), RefusedField("invalid_field", "name"));
  EXPECT_THAT(create(R"({"name":7})"), RefusedField("invalid_field", "name"));
  EXPECT_THAT(create(R"({"name":{"x":1}})"), RefusedField("invalid_field", "name"));
  EXPECT_THAT(create(R"({"name":"\ud800"})"), RefusedField("invalid_field", "name"));
  EXPECT_THAT(create(R"({"name":"x","nmae":"x"})"), RefusedField("unknown_field", "nmae"));
  EXPECT_THAT(create(R"({"name":"x","name":"y"})"), RefusedField("invalid_field", "name"));
  EXPECT_THAT(create(R"({"name":"x","n\u0061me":"y"})"), RefusedField("invalid_field", "name"));
}

TEST_F(RequestBodies, MessagesAreOneSentence) {
  for (const char* body : {"{}", R"({"name":7})", R"({"name":""})", R"({"name":"x","y":1})"}) {
    const auto message = create(body).json()["error"]["message"].get<std::string>();
    EXPECT_THAT(message, EndsWith("."));
    EXPECT_THAT(message, Not(HasSubstr("..")));
  }
}

TEST_F(RequestBodies, OtherEncodingsOfABodyAreRefused) {
  EXPECT_THAT(create(R"({"name":"x"})", {{"Content-Encoding", "gzip"}}), Status(415));
  EXPECT_THAT(create(R"({"name":"x"})", {{"Content-Type", "multipart/form-data; boundary=x"}}), Status(415));
  EXPECT_THAT(create(R"({"name":"x"})", {{"Content-Type", "application/x-www-form-urlencoded"}}), Status(201));
}

TEST_F(RequestBodies, CallsWithoutFieldsTakeNone) {
  deploy(BuiltinRunner{"echo"});
  const auto run = launch_and_end();
  const std::vector<std::string> calls{"/v1/runs/" + run.id.text() + "/cancel", of_incoming("/regenerate-token"),
                                       of_outgoing("/regenerate-secret"), of_outgoing("/test"),
                                       "/v1/deliveries/" + failed_delivery().id.text() + "/redeliver"};
  for (const auto& target : calls) {
    EXPECT_THAT(post(target, R"({"force":true})"), RefusedField("unknown_field", "force")) << target;
    EXPECT_THAT(post(target, "not json"), Refused("invalid_json")) << target;
    EXPECT_LT(post(target, "{}").status, 300) << target;
  }
}

}  // namespace
}  // namespace crewship
