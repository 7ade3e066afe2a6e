// The API's routes in process, over a real store and a real executor; only time stands still. The deployment, the
// incoming and the outgoing webhook of RunsTest are there from the beginning, and one API key.
#pragma once

#include <array>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <crewship/api/api.hpp>
#include <crewship/base/crypto.hpp>
#include <crewship/base/time_format.hpp>
#include <crewship/http/router.hpp>
#include <crewship/store/api_keys.hpp>

#include "support/answers/described_answers.hpp"
#include "unit/runs/runs_fixture.hpp"

namespace crewship {

using Json = nlohmann::ordered_json;

struct Answer {
  int status = 0;
  Headers headers;
  std::string body;

  Json json() const { return Json::parse(body); }
  std::string header(std::string_view name) const { return std::string(find_header(headers, name).value_or("(none)")); }
  std::string text(std::string_view name) const { return json().at(std::string(name)).get<std::string>(); }
  std::string id() const { return text("id"); }
};

inline void PrintTo(const Answer& answer, std::ostream* out) { *out << answer.status << " " << answer.body; }

// The status and, for errors, the code and the field: all that a caller branches on.
MATCHER_P(Refused, code, "") { return arg.status >= 400 && arg.json()["error"]["code"] == code; }
MATCHER_P2(RefusedField, code, field, "") {
  return arg.status == 400 && arg.json()["error"]["code"] == code && arg.json()["error"].value("field", "") == field;
}
MATCHER_P(Status, status, "") { return arg.status == status; }

class ApiTest : public RunsTest {
 protected:
  using Answer = crewship::Answer;  // not RunsTest's
  static constexpr std::string_view admin_key = "crw_test";

  void SetUp() override {
    RunsTest::SetUp();
    first_key = ids.make<ApiKeyId>();
    write([this](Tx& tx) {
      insert_api_key(tx, {.id = first_key, .name = "tests", .created_at = clock.now(), .last_used_at = {}},
                     sha256(admin_key));
    });
    api = std::make_unique<Api>(*store, clock, random, ids, *runs, *feeds, changes, wake_up, builtins,
                                ApiOptions{.public_url = "https://crews.example", .allow = {}});
    api->add_routes(router);
  }

  Answer call_with_headers(std::string method, std::string_view target, std::string body, Headers headers) {
    Request request;
    request.id = ids.make<RequestId>();
    request.method = std::move(method);
    const std::size_t end = std::min(target.find('?'), target.size());
    request.path = target.substr(0, end);
    if (end < target.size()) request.query = target.substr(end + 1);
    request.headers = std::move(headers);
    request.body = std::move(body);
    request.caller = &present;
    const std::string asked = request.method;
    auto response = loop.run(router.dispatch(request));
    EXPECT_EQ(testing_support::undescribed({.method = asked,
                                            .target = target,
                                            .status = response.status,
                                            .content_type = find_header(response.headers, "Content-Type").value_or(""),
                                            .body = response.body}),
              "");
    return {response.status, std::move(response.headers), std::move(response.body)};
  }
  Answer call(std::string method, std::string_view target, std::string body = {}, Headers headers = {}) {
    headers.emplace_back("Authorization", "Bearer " + std::string(admin_key));
    return call_with_headers(std::move(method), target, std::move(body), std::move(headers));
  }
  Answer get(std::string_view target) { return call("GET", target); }
  Answer post(std::string_view target, std::string body = {}) { return call("POST", target, std::move(body)); }
  Answer patch(std::string_view target, std::string body) { return call("PATCH", target, std::move(body)); }
  Answer remove(std::string_view target) { return call("DELETE", target); }

  // The paths of what the fixture made.
  std::string of_deployment(std::string_view rest = {}) { return path("deployments", deployment.text(), rest); }
  std::string of_incoming(std::string_view rest = {}) { return path("incoming-webhooks", incoming.text(), rest); }
  std::string of_outgoing(std::string_view rest = {}) { return path("outgoing-webhooks", outgoing.text(), rest); }
  static std::string path(std::string_view kind, std::string_view id, std::string_view rest = {}) {
    std::string text = "/v1/";
    text.append(kind).append("/").append(id).append(rest);
    return text;
  }

  std::string new_deployment(std::string_view name = "another") {
    return post("/v1/deployments", Json{{"name", name}}.dump()).id();
  }
  std::string new_version() {
    return post(of_deployment("/versions"), R"({"runner":{"type":"builtin","handler":"echo"}})").id();
  }
  Delivery new_failed_delivery() {
    Delivery delivery;
    delivery.id = ids.make<DeliveryId>();
    delivery.outgoing_webhook_id = outgoing;
    delivery.status = DeliveryStatus::failed;
    delivery.body = "{}";
    delivery.error = "answered 500";
    delivery.created_at = clock.now();
    delivery.completed_at = clock.now();
    return delivery;
  }
  Delivery failed_delivery() {
    const Delivery delivery = new_failed_delivery();
    write([&](Tx& tx) { insert_delivery(tx, delivery); });
    return delivery;
  }

  ApiKeyId first_key;
  std::unique_ptr<Api> api;
  Router router;
};

}  // namespace crewship
