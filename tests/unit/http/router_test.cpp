// Which handler answers which request.
#include <crewship/http/router.hpp>

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/run_loop.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;

Task<Response> name_and_parameters(std::string name, Request& request) {
  Response response;
  response.body = std::move(name);
  for (const auto& [key, value] : request.path_parameters) response.body += " " + std::string(key) + "=" + value;
  co_return response;
}

Handler named(std::string name) {
  return [name = std::move(name)](Request& request) { return name_and_parameters(name, request); };
}

Response dispatch(const Router& router, std::string method, std::string path) {
  Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  return run_task(router.dispatch(request));
}

std::string answer(const Router& router, std::string method, std::string path) {
  return dispatch(router, std::move(method), std::move(path)).body;
}

TEST(Router, PicksTheHandlerByPathAndMethod) {
  Router router;
  router.add("GET", "/v1/runs", named("list"));
  router.add("POST", "/v1/runs", named("launch"));
  router.add("GET", "/v1/runs/{id}", named("one"));
  router.add("POST", "/v1/runs/{id}/cancel", named("cancel"));
  router.add("PUT", "/v1/deployments/{id}/environments/{environment}", named("go live"));
  router.add("GET", "/", named("root"));
  EXPECT_EQ(answer(router, "GET", "/v1/runs"), "list");
  EXPECT_EQ(answer(router, "POST", "/v1/runs"), "launch");
  EXPECT_EQ(answer(router, "GET", "/v1/runs/run_1"), "one id=run_1");
  EXPECT_EQ(answer(router, "POST", "/v1/runs/run_1/cancel"), "cancel id=run_1");
  EXPECT_EQ(answer(router, "PUT", "/v1/deployments/dep_1/environments/staging"),
            "go live id=dep_1 environment=staging");
  EXPECT_EQ(answer(router, "GET", "/"), "root");
}

TEST(Router, APathThatNoPatternMatchesIsNotFound) {
  Router router;
  router.add("GET", "/v1/runs/{id}", named("one"));
  for (const std::string path : {"/", "/v1", "/v1/runs", "/v1/runs/", "/v1/runs/a/", "/v1/runs/a/b", "/V1/runs/a",
                                 "//v1/runs/a", "/v1//runs/a"}) {
    const Response response = dispatch(router, "GET", path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_THAT(response.body, HasSubstr(R"("code":"not_found")"));
  }
}

TEST(Router, AMethodThatThePathDoesNotHaveIsNotAllowed) {
  Router router;
  router.add("GET", "/v1/runs", named("list"));
  router.add("POST", "/v1/runs", named("launch"));
  router.add("POST", "/hook/{token}", named("hook"));
  const Response response = dispatch(router, "DELETE", "/v1/runs");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(find_header(response.headers, "allow"), "GET, HEAD, POST");
  EXPECT_THAT(response.body, HasSubstr(R"("code":"method_not_allowed")"));
  EXPECT_EQ(find_header(dispatch(router, "GET", "/hook/x").headers, "Allow"), "POST");
  EXPECT_EQ(dispatch(router, "get", "/v1/runs").status, 405) << "methods are case-sensitive";
}

TEST(Router, HeadIsAnsweredByGet) {
  Router router;
  router.add("GET", "/a", named("get"));
  router.add("POST", "/b", named("post"));
  EXPECT_EQ(answer(router, "HEAD", "/a"), "get");
  EXPECT_EQ(dispatch(router, "HEAD", "/b").status, 405);
}

TEST(Router, AParameterIsDecodedUnlessItsEncodingIsBroken) {
  Router router;
  router.add("GET", "/a/{x}", named("a"));
  EXPECT_EQ(answer(router, "GET", "/a/b%20c%2Fd%c3%A4"), "a x=b c/d\xc3\xa4");
  EXPECT_EQ(answer(router, "GET", "/a/100%"), "a x=100%");
  EXPECT_EQ(answer(router, "GET", "/a/%zz"), "a x=%zz");
  EXPECT_EQ(answer(router, "GET", "/a/%ff"), "a x=%ff") << "not UTF-8";
  EXPECT_EQ(answer(router, "GET", "/a/b+c"), "a x=b+c") << "a plus is a plus in a path";
}

TEST(Router, ALiteralSegmentGoesBeforeAParameterWhateverWasAddedFirst) {
  Router router;
  router.add("GET", "/{a}/b", named("parameter first"));
  router.add("GET", "/a/{b}", named("literal first"));
  router.add("GET", "/a/b", named("literals"));
  router.add("GET", "/{a}/{b}", named("parameters"));
  EXPECT_EQ(answer(router, "GET", "/a/b"), "literals");
  EXPECT_EQ(answer(router, "GET", "/a/c"), "literal first b=c");
  EXPECT_EQ(answer(router, "GET", "/c/b"), "parameter first a=c");
  EXPECT_EQ(answer(router, "GET", "/c/d"), "parameters a=c b=d");
}

TEST(Router, APrefixTakesWhatNoPatternMatches) {
  Router router;
  router.add_prefix("GET", "/", named("files"));
  router.add_prefix("GET", "/assets/", named("assets"));
  router.add("POST", "/api/{x}", named("api"));
  EXPECT_EQ(answer(router, "GET", "/index.html"), "files");
  EXPECT_EQ(answer(router, "GET", "/assets/a/b.js"), "assets");
  EXPECT_EQ(answer(router, "POST", "/api/1"), "api x=1");
  const Response response = dispatch(router, "GET", "/api/1");
  EXPECT_EQ(response.status, 405) << "the pattern speaks for its path";
  EXPECT_EQ(find_header(response.headers, "Allow"), "POST");
}

TEST(Router, APrefixCanAnswerSeveralMethods) {
  Router router;
  router.add_prefix("GET", "/files/", named("read"));
  router.add_prefix("POST", "/files/", named("write"));
  router.add_prefix("PUT", "/", named("all"));
  EXPECT_EQ(answer(router, "GET", "/files/a"), "read");
  EXPECT_EQ(answer(router, "POST", "/files/a"), "write");
  const Response response = dispatch(router, "PUT", "/files/a");
  EXPECT_EQ(response.status, 405) << "the longest prefix speaks for its path";
  EXPECT_EQ(find_header(response.headers, "Allow"), "GET, HEAD, POST");
}

TEST(Router, TellsItsRoutes) {
  Router router;
  router.add("GET", "/a/{x}", named("a"));
  ASSERT_EQ(router.routes().size(), 1U);
  EXPECT_EQ(router.routes()[0].method, "GET");
  EXPECT_EQ(router.routes()[0].pattern, "/a/{x}");
}

TEST(Router, ARouteAddedTwiceIsABug) {
  Router router;
  router.add("GET", "/a", named("a"));
  EXPECT_THROW(router.add("GET", "/a", named("b")), std::logic_error);
}

}  // namespace
}  // namespace crewship
