// The head of a request: what is refused, what is accepted and how it is read, and that it makes no difference how the
// bytes arrive.
#include <crewship/http/request_head.hpp>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "raw_requests.hpp"

namespace crewship {
namespace {

using namespace std::string_view_literals;
using testing::ElementsAre;
using testing::Pair;

// As the server does it, with `step` more bytes at a time.
std::expected<RequestHead, Refusal> read_head(std::string_view bytes, std::size_t step, HeadLimits limits = {}) {
  HeadScanner scanner(limits);
  for (std::size_t have = std::min(step, bytes.size());; have = std::min(have + step, bytes.size())) {
    const auto end = scanner.scan(bytes.substr(0, have));
    if (!end) return std::unexpected(end.error());
    if (*end > 0) return parse_request_head(bytes.substr(0, *end), limits);
    if (have == bytes.size()) return std::unexpected(Refusal{0, "incomplete", "more is needed"});
  }
}

RequestHead accepted(std::string_view bytes) {
  const auto head = read_head(bytes, bytes.size());
  EXPECT_TRUE(head) << bytes << ": " << head.error().message;
  return head.value_or(RequestHead{});
}

TEST(RequestHead, RefusesWhatCouldBeReadInTwoWays) {
  for (const auto& [what, bytes, status] : refused_heads()) {
    for (const std::size_t step : {bytes.size(), std::size_t{1}}) {
      const auto head = read_head(bytes, step);
      ASSERT_FALSE(head) << what;
      EXPECT_EQ(head.error().status, status) << what << ": " << head.error().message;
    }
  }
}

TEST(RequestHead, ReadsTheRequestLine) {
  const RequestHead head = accepted("PATCH /v1/a%20b;c/?limit=5&x=?/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(head.method, "PATCH");
  EXPECT_EQ(head.path, "/v1/a%20b;c/");
  EXPECT_EQ(head.query, "limit=5&x=?/");
  EXPECT_FALSE(head.http_1_0);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.chunked);
  EXPECT_EQ(head.content_length, 0U);
}

TEST(RequestHead, ReadsHeadersWithoutTheWhiteSpaceAround) {
  const RequestHead head =
      accepted("GET / HTTP/1.1\r\nHost:localhost\r\nA: \t b c \t\r\nEmpty:\r\nB: \xc3\xa4\r\n\r\n");
  EXPECT_THAT(head.headers,
              ElementsAre(Pair("Host", "localhost"), Pair("A", "b c"), Pair("Empty", ""), Pair("B", "\xc3\xa4")));
}

TEST(RequestHead, AcceptsEveryHostThatIsOne) {
  for (const std::string host : {"localhost", "example.com:8080", "a.b-c_d~e", "127.0.0.1:80", "[::1]", "[::1]:8080",
                                 "[::ffff:127.0.0.1]:1", "xn--bcher-kva.example", "host:", "HOST"}) {
    EXPECT_EQ(accepted("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").headers.at(0).second, host);
  }
  EXPECT_TRUE(accepted("GET / HTTP/1.0\r\n\r\n").headers.empty());
}

TEST(RequestHead, ReadsHowTheBodyEnds) {
  EXPECT_EQ(accepted("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0042\r\n\r\n").content_length, 42U);
  EXPECT_EQ(accepted("POST / HTTP/1.1\r\nHost: a\r\ncontent-length:\t999999999999999999 \r\n\r\n").content_length,
            999999999999999999U);
  EXPECT_TRUE(accepted("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").chunked);
  EXPECT_TRUE(accepted("POST / HTTP/1.1\r\nHost: a\r\nTRANSFER-ENCODING: Chunked\r\n\r\n").chunked);
}

TEST(RequestHead, ReadsWhetherTheConnectionStays) {
  const auto keeps = [](const std::string& version, const std::string& connection) {
    return accepted("GET / HTTP/" + version + "\r\nHost: a\r\n" + connection + "\r\n").keep_alive;
  };
  EXPECT_TRUE(keeps("1.1", ""));
  EXPECT_TRUE(keeps("1.1", "Connection: upgrade\r\n"));
  EXPECT_FALSE(keeps("1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keeps("1.1", "Connection: keep-alive , CLOSE\r\n"));
  EXPECT_FALSE(keeps("1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
  EXPECT_FALSE(keeps("1.0", ""));
  EXPECT_TRUE(keeps("1.0", "Connection: Keep-Alive\r\n"));
  EXPECT_FALSE(keeps("1.0", "Connection: keep-alive, close\r\n"));
}

TEST(RequestHead, ReadsWhetherTheClientWaitsForContinue) {
  EXPECT_TRUE(accepted("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n").expects_continue);
  EXPECT_FALSE(accepted("POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\n\r\n").expects_continue);
}

TEST(RequestHead, AbsoluteFormIsReducedToOriginForm) {
  const RequestHead head = accepted("GET HTTP://example.com:80/a/b?c HTTP/1.1\r\nHost: other\r\n\r\n");
  EXPECT_EQ(head.path, "/a/b");
  EXPECT_EQ(head.query, "c");
  EXPECT_EQ(accepted("GET https://[::1] HTTP/1.1\r\nHost: a\r\n\r\n").path, "/");
  EXPECT_EQ(accepted("GET http://a?http://b HTTP/1.1\r\nHost: a\r\n\r\n").query, "http://b");
}

TEST(RequestHead, LimitsAreMetExactly) {
  const std::string head = "GET /abc HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";
  const HeadLimits exact{.header_bytes = head.size(), .header_count = 2, .target_bytes = 4};
  EXPECT_TRUE(read_head(head, 1, exact));
  EXPECT_TRUE(read_head(head + "the body, which is none of its business", head.size() + 39, exact));
  HeadLimits less = exact;
  less.header_bytes -= 1;
  EXPECT_EQ(read_head(head, 1, less).error().status, 431);
  EXPECT_EQ(read_head(head, head.size(), less).error().status, 431);
  less = exact;
  less.header_count = 1;
  EXPECT_EQ(read_head(head, 1, less).error().status, 431);
  less = exact;
  less.target_bytes = 3;
  EXPECT_EQ(read_head(head, 1, less).error().status, 414);
  EXPECT_EQ(read_head(head, head.size(), less).error().status, 414);
}

// Over thousands of damaged heads, so that no arrival in pieces is read in another way than one in whole.
TEST(RequestHead, ReadsTheSameHoweverItArrives) {
  std::vector<std::string> heads;
  for (const RawRequest& request : refused_heads())
    if (request.bytes.size() < 300) heads.push_back(request.bytes);
  heads.push_back("POST http://a/b?c HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 5\r\nConnection: a, close\r\n\r\n");
  heads.push_back("GET / HTTP/1.0\r\n\r\n");
  constexpr std::string_view spices = "\r\n :;,/?#%[]\t\0\x7f\x80HTP/1.0aZ"sv;
  std::mt19937 random(1);
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  int whole = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string head = heads[below(heads.size())];
    for (std::size_t changes = below(4); changes > 0; --changes) {
      const std::size_t at = below(head.size());
      if (below(2) == 0) head[at] = spices[below(spices.size())];
      if (below(3) == 0) head.insert(at, 1, spices[below(spices.size())]);
      if (below(3) == 0) head.erase(at, 1 + below(3));
      if (head.empty()) head = "\r";
    }
    const auto at_once = read_head(head, head.size());
    const auto in_pieces = read_head(head, 1 + below(7));
    ASSERT_EQ(at_once.has_value(), in_pieces.has_value()) << head;
    if (!at_once) continue;
    ++whole;
    ASSERT_EQ(at_once->path, in_pieces->path) << head;
    ASSERT_EQ(at_once->headers, in_pieces->headers) << head;
    ASSERT_EQ(at_once->content_length, in_pieces->content_length) << head;
  }
  EXPECT_GT(whole, 100) << "the damage must leave something to compare";
}

// A client that speaks another protocol sends no empty line that could be waited for.
TEST(RequestHead, RefusesAsSoonAsNothingCouldMakeItValid) {
  HeadScanner scanner({});
  EXPECT_EQ(scanner.scan("GET /index.html HTTP/1.1\r\n").value_or(1), 0U);
  EXPECT_FALSE(HeadScanner({}).scan("\x16\x03\x01"));
  EXPECT_FALSE(HeadScanner({}).scan("GET /index.html\r\n"));
  EXPECT_FALSE(HeadScanner({}).scan("SSH-2.0-OpenSSH_9.2p1\r\n"));
  EXPECT_FALSE(HeadScanner({}).scan("GET / HTTP/1.1\n"));
}

}  // namespace
}  // namespace crewship
