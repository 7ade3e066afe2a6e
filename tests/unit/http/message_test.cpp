// Requests and responses as values: headers, query parameters, errors as JSON.
#include <crewship/http/message.hpp>

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <crewship/http/server.hpp>

namespace crewship {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

Result<std::vector<std::pair<std::string, std::string>>> parameters_of(std::string query) {
  Request request;
  request.query = std::move(query);
  return query_parameters(request);
}

TEST(Headers, NamesCompareWithoutCaseAndTheFirstCounts) {
  const Headers headers{{"content-type", "a"}, {"Content-Type", "b"}};
  EXPECT_EQ(find_header(headers, "CONTENT-TYPE"), "a");
  EXPECT_EQ(find_header(headers, "Content"), std::nullopt);
}

TEST(QueryParameters, AreDecoded) {
  EXPECT_THAT(parameters_of("").value(), IsEmpty());
  EXPECT_THAT(
      parameters_of("limit=5&cursor=a%2Bb+c&flag&empty=&eq=a=b&&").value(),
      ElementsAre(Pair("limit", "5"), Pair("cursor", "a+b c"), Pair("flag", ""), Pair("empty", ""), Pair("eq", "a=b")));
  EXPECT_THAT(parameters_of("%c3%a4=%F0%9F%98%80").value(), ElementsAre(Pair("\xc3\xa4", "\xf0\x9f\x98\x80")));
}

TEST(QueryParameters, BrokenEncodingAndRepeatedNamesAreErrors) {
  for (const std::string query : {"a=%", "a=%4", "a=%zz", "%=a", "a=1&a=2", "a=1&%61=2", "=1", "a=%ff", "a=%c3",
                                  "a=%c0%80", "a=%ed%a0%80", "a=%f4%90%80%80", "a=%e0%80%80", "a=%f0%80%80%80"}) {
    const auto parameters = parameters_of(query);
    ASSERT_FALSE(parameters) << query;
    EXPECT_EQ(parameters.error().kind, ErrorKind::invalid);
    EXPECT_EQ(parameters.error().code, "invalid_query");
  }
}

TEST(ErrorResponse, HasTheKindsStatusAndTheWordsAsJson) {
  const Response plain =
      error_response({.kind = ErrorKind::conflict, .code = "no_running_version", .message = "Say \"please\"."});
  EXPECT_EQ(plain.status, 409);
  EXPECT_EQ(plain.body, R"({"error":{"code":"no_running_version","message":"Say \"please\"."}})");
  EXPECT_THAT(plain.headers, ElementsAre(Pair("Content-Type", "application/json")));

  const Response field =
      error_response({.kind = ErrorKind::invalid, .code = "invalid_name", .message = "Name it.", .field = "name"});
  EXPECT_EQ(field.body, R"({"error":{"code":"invalid_name","message":"Name it.","field":"name"}})");

  Error failed{.kind = ErrorKind::unavailable, .code = "run_failed_to_start", .message = "No.", .run_id = "run_1"};
  failed.retry_after = std::chrono::seconds(7);
  const Response later = error_response(failed);
  EXPECT_EQ(later.body, R"({"error":{"code":"run_failed_to_start","message":"No.","run_id":"run_1"}})");
  EXPECT_EQ(find_header(later.headers, "Retry-After"), "7");
}

TEST(ErrorResponse, EveryKindHasItsStatus) {
  const std::vector<std::pair<ErrorKind, int>> statuses{
      {ErrorKind::invalid, 400},       {ErrorKind::unauthorized, 401},       {ErrorKind::forbidden, 403},
      {ErrorKind::not_found, 404},     {ErrorKind::method_not_allowed, 405}, {ErrorKind::request_timeout, 408},
      {ErrorKind::conflict, 409},      {ErrorKind::too_large, 413},          {ErrorKind::unsupported_media_type, 415},
      {ErrorKind::unprocessable, 422}, {ErrorKind::too_many_requests, 429},  {ErrorKind::headers_too_large, 431},
      {ErrorKind::internal, 500},      {ErrorKind::unavailable, 503}};
  for (const auto& [kind, status] : statuses)
    EXPECT_EQ(error_response({.kind = kind, .code = "c", .message = "m"}).status, status);
  EXPECT_EQ(find_header(error_response({.kind = ErrorKind::unauthorized, .code = "c", .message = "m"}).headers,
                        "WWW-Authenticate"),
            "Bearer");
}

TEST(ListenAddress, IsAnAddressOrLocalhostWithAPort) {
  for (const std::string text : {"127.0.0.1:8080", "[::]:8080", "[::1]:0", "localhost:65535", "0.0.0.0:1"}) {
    const auto address = ListenAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->text(), text);
  }
  for (const std::string text :
       {"", "8080", ":8080", "*:8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:8o",
        "127.0.0.1:+1", "127.0.0.1: 1", "::1:80", "[::1]", "[127.0.0.1]:80", "[::1:80", "example.com:80",
        "[localhost]:80", "127.1:80", "http://127.0.0.1:80"}) {
    EXPECT_FALSE(ListenAddress::parse(text)) << text;
  }
}

TEST(ListenAddress, KnowsWhetherOnlyThisMachineReachesIt) {
  for (const std::string text : {"127.0.0.1:80", "127.8.8.8:80", "[::1]:80", "localhost:80", "[::ffff:127.0.0.1]:80"})
    EXPECT_TRUE(ListenAddress::parse(text).value().is_loopback()) << text;
  for (const std::string text : {"0.0.0.0:80", "[::]:80", "192.168.1.1:80", "[::ffff:10.0.0.1]:80", "[fe80::1]:80"})
    EXPECT_FALSE(ListenAddress::parse(text).value().is_loopback()) << text;
}

}  // namespace
}  // namespace crewship
