// How the console's files are served.
#include <crewship/console/console.hpp>

#include <algorithm>
#include <array>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/run_loop.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;
using testing::Optional;
using testing::StartsWith;

constexpr std::array<ConsoleFile, 3> some_files{{
    {"assets/index-1a2b.js", "text/javascript; charset=utf-8", "aaaa", "script", "packed"},
    {"favicon.svg", "image/svg+xml", "bbbb", "<svg/>", ""},
    {"index.html", "text/html; charset=utf-8", "cccc", "<html>", "packed page"},
}};

class Console : public testing::Test {
 protected:
  void SetUp() override { add_console_routes(router, some_files); }

  Response get(std::string path, Headers headers = {}, std::string method = "GET") {
    Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.headers = std::move(headers);
    return run_task(router.dispatch(request));
  }

  static std::string header(const Response& response, std::string_view name) {
    return std::string(find_header(response.headers, name).value_or("(none)"));
  }

  Router router;
};

TEST_F(Console, TheRootLeadsToIt) {
  const Response response = get("/");
  EXPECT_EQ(response.status, 302);
  EXPECT_EQ(header(response, "Location"), "/console");
}

TEST_F(Console, APathThatIsNoFileIsThePage) {
  for (const std::string path : {"/console", "/console/", "/console/index.html", "/console/runs/run_1",
                                 "/console/../secret", "/console/runs/assets/x.js"}) {
    SCOPED_TRACE(path);
    const Response response = get(path);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "<html>");
    EXPECT_EQ(header(response, "Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(header(response, "Cache-Control"), "no-cache");
  }
}

TEST_F(Console, FilesWithAHashInTheirNameAreKeptForever) {
  const Response response = get("/console/assets/index-1a2b.js");
  EXPECT_EQ(response.body, "script");
  EXPECT_EQ(header(response, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(header(get("/console/favicon.svg"), "Cache-Control"), "no-cache");
}

TEST_F(Console, AScriptThatIsGoneIsNotThePage) { EXPECT_EQ(get("/console/assets/index-0000.js").status, 404); }

TEST_F(Console, NothingElseIsServed) {
  EXPECT_EQ(get("/consoles").status, 404);
  EXPECT_EQ(get("/assets/index-1a2b.js").status, 404);
  EXPECT_EQ(get("/console/favicon.svg", {}, "POST").status, 405);
  EXPECT_EQ(get("/console", {}, "HEAD").status, 200);
}

TEST_F(Console, IsCompressedForThoseWhoAcceptIt) {
  const auto is_packed = [&](std::string accept, std::string path = "/console") {
    const Response response = get(std::move(path), {{"accept-encoding", std::move(accept)}});
    EXPECT_EQ(header(response, "Vary"), "Accept-Encoding");
    EXPECT_EQ(header(response, "Content-Encoding") == "gzip", response.body.starts_with("packed"));
    return response.body.starts_with("packed");
  };
  EXPECT_TRUE(is_packed("gzip"));
  EXPECT_TRUE(is_packed("deflate, gzip, br"));
  EXPECT_TRUE(is_packed("br;q=1.0,gzip ; q=0.8"));
  EXPECT_FALSE(is_packed("gzip;q=0"));
  EXPECT_FALSE(is_packed("gzip; q=0.000"));
  EXPECT_FALSE(is_packed("br, x-gzipped"));
  EXPECT_FALSE(is_packed(""));
  EXPECT_FALSE(is_packed("gzip", "/console/favicon.svg"));
}

TEST_F(Console, ACopyThatIsStillRightIsNotSentAgain) {
  const std::string plain = header(get("/console"), "ETag");
  const std::string packed = header(get("/console", {{"Accept-Encoding", "gzip"}}), "ETag");
  EXPECT_NE(plain, packed);
  for (const std::string& known : {plain, "W/" + plain, "\"x\", " + plain, std::string("*")}) {
    SCOPED_TRACE(known);
    const Response response = get("/console", {{"If-None-Match", known}});
    EXPECT_EQ(response.status, 304);
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(header(response, "ETag"), plain);
  }
  EXPECT_EQ(get("/console", {{"If-None-Match", packed}}).status, 200);
  EXPECT_EQ(get("/console", {{"If-None-Match", packed}, {"Accept-Encoding", "gzip"}}).status, 304);
}

TEST_F(Console, BrowsersAreToldToTrustNothingElse) {
  for (const std::string path : {"/console", "/console/assets/index-1a2b.js"}) {
    const Response response = get(path);
    EXPECT_EQ(header(response, "Content-Security-Policy"),
              "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
              "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
    EXPECT_EQ(header(response, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(header(response, "Referrer-Policy"), "no-referrer");
    EXPECT_EQ(header(response, "X-Frame-Options"), "DENY");
  }
}

// What the binary holds.

TEST(ConsoleFiles, ThePageNamesFilesThatAreThere) {
  Router router;
  add_console_routes(router, console_files());  // throws without a page
  const auto page = std::ranges::find(console_files(), "index.html", &ConsoleFile::path);
  ASSERT_NE(page, console_files().end());
  std::size_t named = 0;
  for (const ConsoleFile& file : console_files()) {
    if (page->content.find("/console/" + std::string(file.path)) != std::string_view::npos) ++named;
  }
  EXPECT_GE(named, 2U);  // a script and a style sheet
}

TEST(ConsoleFiles, ThePageHoldsNothingThatThePolicyForbids) {
  const auto page = std::ranges::find(console_files(), "index.html", &ConsoleFile::path);
  ASSERT_NE(page, console_files().end());
  for (std::string_view rest = page->content; rest.find("<script") != std::string_view::npos;) {
    rest.remove_prefix(rest.find("<script") + 7);
    EXPECT_THAT(std::string(rest.substr(0, rest.find('>'))), HasSubstr("src=\"/console/"));
  }
  EXPECT_THAT(std::string(page->content), testing::Not(testing::ContainsRegex("<style|style=| on[a-z]+=")));
}

TEST(ConsoleFiles, FirstLoadIsUnder150KilobytesCompressed) {
  std::size_t bytes = 0;
  for (const ConsoleFile& file : console_files()) {
    bytes += file.gzipped.empty() ? file.content.size() : file.gzipped.size();
  }
  EXPECT_LT(bytes, 150'000U);
  EXPECT_GT(bytes, 0U);
}

TEST(ConsoleFiles, CompressedOnesAreGzip) {
  for (const ConsoleFile& file : console_files()) {
    if (!file.gzipped.empty()) EXPECT_TRUE(file.gzipped.starts_with("\x1f\x8b")) << file.path;
    EXPECT_EQ(file.hash.size(), 32U);
  }
}

}  // namespace
}  // namespace crewship
