// That the check of answers against docs/openapi.yaml, which the other tests lean on, can fail.
#include "support/answers/described_answers.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crewship::testing_support {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view json = "application/json";

std::string key(std::string_view rest) {
  return R"({"id":"key_1","name":"ci","created_at":"2025-01-15T10:30:00.000Z")" + std::string(rest) + "}";
}
std::string created(std::string_view body, int status = 201, std::string_view type = json) {
  return undescribed(
      {.method = "POST", .target = "/v1/api-keys", .status = status, .content_type = type, .body = body});
}

TEST(DescribedAnswers, PassWhenTheyAreAsDescribed) {
  EXPECT_THAT(created(key(R"(,"last_used_at":null,"key":"crw_1")")), IsEmpty());
  EXPECT_THAT(created(R"({"error":{"code":"invalid_request","message":"No.","field":"name"}})", 400), IsEmpty());
  EXPECT_THAT(
      undescribed({.method = "DELETE", .target = "/v1/api-keys/key_1", .status = 204, .content_type = "", .body = ""}),
      IsEmpty());
}

TEST(DescribedAnswers, FailWhenABodyIsNot) {
  EXPECT_THAT(created(key(R"(,"last_used_at":null)")), HasSubstr("key")) << "a field is missing";
  EXPECT_THAT(created(key(R"(,"last_used_at":null,"key":"crw_1","more":1)")), HasSubstr("more"));
  EXPECT_THAT(created(key(R"(,"last_used_at":null,"key":7)")), HasSubstr("key"));
  EXPECT_THAT(created(key(R"(,"last_used_at":"yesterday","key":"crw_1")")), HasSubstr("last_used_at"));
  EXPECT_THAT(created("{"), HasSubstr("not JSON"));
  EXPECT_THAT(created(key(R"(,"last_used_at":null,"key":"crw_1")"), 201, "text/plain"), HasSubstr("Content-Type"));
}

TEST(DescribedAnswers, FailWhenAStatusOrARouteIsNot) {
  EXPECT_THAT(created("{}", 200), HasSubstr("the status is not described"));
  EXPECT_THAT(created(R"({"error":{"code":"conflict","message":"No."}})", 409), HasSubstr("not described"));
  EXPECT_THAT(
      undescribed({.method = "PUT", .target = "/v1/api-keys", .status = 200, .content_type = json, .body = "{}"}),
      HasSubstr("a method"));
  EXPECT_THAT(
      undescribed({.method = "GET", .target = "/v1/nothing", .status = 200, .content_type = json, .body = "{}"}),
      HasSubstr("an unknown path"));
  EXPECT_THAT(
      undescribed({.method = "DELETE", .target = "/v1/api-keys/key_1", .status = 204, .content_type = "", .body = "x"}),
      HasSubstr("a body"));
}

}  // namespace
}  // namespace crewship::testing_support
