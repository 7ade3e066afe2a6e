// The everyday life of a connection: answers, keep-alive, pipelining, bodies, handlers that fail.
#include "server_fixture.hpp"
#include "support/log_capture.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(ServerTest, AnswersWithTheHandlersResponseAndTheServersHeaders) {
  start();
  auto client = connect();
  client.send("GET /runs/%20x?limit=5 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const Reply reply = client.reply();
  EXPECT_TRUE(reply.head.starts_with("HTTP/1.1 200 OK\r\n")) << reply.head;
  EXPECT_EQ(reply.body, "GET /runs/%20x?limit=5");
  EXPECT_EQ(reply.header("Content-Length"), "22");
  EXPECT_EQ(reply.header("Date"), "Wed, 15 Jan 2025 10:30:00 GMT");
  EXPECT_TRUE(RequestId::parse(reply.header("X-Request-Id"))) << reply.head;
  EXPECT_EQ(reply.header("Connection"), "");
}

Task<Response> tell_id(Request& request) { co_return json_response(201, request.id.text()); }

TEST_F(ServerTest, TheHandlerKnowsTheRequestIdAndThePeer) {
  start(tell_id);
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const Reply first = client.reply();
  EXPECT_EQ(first.body, first.header("X-Request-Id"));
  EXPECT_EQ(first.header("Content-Type"), "application/json");
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_NE(client.reply().body, first.body);
}

TEST_F(ServerTest, TheDateFollowsTheClock) {
  start();
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  client.reply();
  clock.jump_wall(std::chrono::seconds(61));
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.reply().header("Date"), "Wed, 15 Jan 2025 10:31:01 GMT");
}

TEST_F(ServerTest, ManyRequestsOnOneConnection) {
  start();
  auto client = connect();
  for (int i = 0; i < 100; ++i) {
    const std::string path = "/" + std::to_string(i);
    client.send("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi");
    ASSERT_EQ(client.reply().body, "POST " + path + " hi");
  }
  EXPECT_EQ(server->connections(), 1U);
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  auto client = connect();
  std::string requests;
  for (int i = 0; i < 500; ++i)
    requests += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx";
  client.send(requests);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(client.reply().body, "POST /" + std::to_string(i) + " x");
}

TEST_F(ServerTest, ARequestMayArriveByteByByte) {
  start();
  auto client = connect();
  for (const char c : std::string("\r\nPOST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"))
    client.send(std::string(1, c));
  EXPECT_EQ(client.reply().body, "POST /a abc");
}

TEST_F(ServerTest, AChunkedBodyMayArriveByteByByteAndThenComesTheNextRequest) {
  start();
  auto client = connect();
  for (const char c : std::string("POST /a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                                  "3;note=x\r\nabc\r\n0A\r\n0123456789\r\n0\r\nTrailer: value\r\n\r\n"
                                  "GET /b HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    client.send(std::string(1, c));
  EXPECT_EQ(client.reply().body, "POST /a abc0123456789");
  EXPECT_EQ(client.reply().body, "GET /b");
}

TEST_F(ServerTest, ABodyAsLargeAsTheLimitArrivesWhole) {
  start();
  auto client = connect();
  std::string body(limits.body_bytes, 'x');
  for (std::size_t i = 0; i < body.size(); i += 997) body[i] = static_cast<char>('a' + i % 26);
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_TRUE(client.reply().body == "POST / " + body);
}

TEST_F(ServerTest, HeadHasTheHeadersOfGetAndNoBody) {
  start();
  auto client = connect();
  client.send("HEAD /abc HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.reply(true).header("Content-Length"), "9");
  EXPECT_EQ(client.reply().body, "GET /");
}

Task<Response> no_content(Request&) { co_return empty_response(204); }

TEST_F(ServerTest, NoContentHasNoLength) {
  start(no_content);
  auto client = connect();
  client.send("DELETE /a HTTP/1.1\r\nHost: localhost\r\n\r\nDELETE /b HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const Reply reply = client.reply();
  EXPECT_EQ(reply.status, 204);
  EXPECT_THAT(reply.head, Not(HasSubstr("Content-Length")));
  EXPECT_EQ(client.reply().status, 204);
}

TEST_F(ServerTest, ConnectionCloseIsHonoured) {
  start();
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: x, Close\r\n\r\n");
  EXPECT_EQ(client.reply().header("Connection"), "close");
  EXPECT_TRUE(client.ended());
}

TEST_F(ServerTest, AClientThatEndsItsSideAfterARequestIsAnswered) {
  start();
  auto client = connect();
  client.send("POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi");
  client.finish_sending();
  EXPECT_EQ(client.reply().body, "POST /a hi");
  EXPECT_TRUE(client.ended());
}

TEST_F(ServerTest, HttpOneZeroClosesUnlessAskedToKeepAlive) {
  start();
  auto client = connect();
  client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const Reply kept = client.reply();
  EXPECT_EQ(kept.body, "GET /a");
  EXPECT_EQ(kept.header("Connection"), "keep-alive");
  client.send("GET /b HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.reply().header("Connection"), "close");
  EXPECT_TRUE(client.ended());
}

TEST_F(ServerTest, AbsoluteFormIsReducedToItsPath) {
  start();
  auto client = connect();
  client.send("GET http://example.com:80/a?b=c HTTP/1.1\r\nHost: example.com\r\n\r\n");
  EXPECT_EQ(client.reply().body, "GET /a?b=c");
  client.send("GET http://example.com?b HTTP/1.1\r\nHost: example.com\r\n\r\n");
  EXPECT_EQ(client.reply().body, "GET /?b");
}

TEST_F(ServerTest, ContinueIsSentWhenTheBodyIsWantedAndNotYetThere) {
  start();
  auto client = connect();
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.reply().head, "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  EXPECT_EQ(client.reply().body, "POST /a hi");

  client.send("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi");
  EXPECT_EQ(client.reply().status, 200) << "who does not wait needs no 100";
  client.send("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nh");
  client.send("i");
  EXPECT_EQ(client.reply().status, 200) << "nor who has begun";
  client.send("POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nExpect: 100-Continue\r\n\r\n");
  EXPECT_EQ(client.reply().status, 100);
  client.send("2\r\nhi\r\n0\r\n\r\n");
  EXPECT_EQ(client.reply().body, "POST /c hi");
}

Task<Response> throw_something(Request& request) {
  if (request.path == "/int") throw 42;
  if (request.path == "/header") {
    Response response;
    response.headers.emplace_back("Location", "/a\r\nSet-Cookie: b");
    co_return response;
  }
  throw std::runtime_error("the secret is hunter2");
}

TEST_F(ServerTest, AnExceptionIsA500ThatTellsOnlyTheLogWhy) {
  LogCapture log;
  start(throw_something);
  auto client = connect();
  for (const std::string path : {"/", "/int", "/header"}) {
    client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const Reply reply = client.reply();
    EXPECT_EQ(reply.status, 500);
    EXPECT_EQ(error_code_of(reply), "internal_error");
    EXPECT_THAT(reply.head + reply.body, Not(HasSubstr("hunter2")));
    EXPECT_THAT(reply.head, Not(HasSubstr("Set-Cookie")));
    EXPECT_TRUE(log.has_line("request failed", reply.header("X-Request-Id"))) << log.text();
  }
  EXPECT_TRUE(log.has_line("hunter2"));
}

Task<Response> own_framing(Request&) {
  Response response = json_response(200, "{}");
  response.headers.emplace_back("content-length", "99");
  response.headers.emplace_back("Transfer-Encoding", "gzip");
  response.close = true;
  co_return response;
}

TEST_F(ServerTest, FramingIsTheServersAndAHandlerMayClose) {
  start(own_framing);
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET /never HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const Reply reply = client.reply();
  EXPECT_EQ(reply.header("Content-Length"), "2");
  EXPECT_THAT(reply.head, Not(HasSubstr("99")));
  EXPECT_THAT(reply.head, Not(HasSubstr("gzip")));
  EXPECT_EQ(reply.header("Connection"), "close");
  client.finish_sending();
  EXPECT_TRUE(client.ended()) << "the request behind it was not answered, nor did it reset the connection";
}

Task<Response> large_answer(Request&) { co_return json_response(200, std::string(8U << 20U, 'x')); }

TEST_F(ServerTest, ALargeAnswerWaitsForASlowReader) {
  start(large_answer);
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  loop.poll();
  EXPECT_EQ(client.reply().body.size(), 8U << 20U);
}

TEST_F(ServerTest, ListensOnIpv6) {
  const auto endpoint = start(echo, "[::1]:0");
  RawClient client(loop, endpoint);
  client.send("GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n");
  EXPECT_EQ(client.reply().status, 200);
}

TEST_F(ServerTest, TheIpv6WildcardAlsoServesIpv4) {
  const auto endpoint = start(echo, "[::]:0");
  RawClient client(loop, {asio::ip::address_v4::loopback(), endpoint.port()});
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.reply().status, 200);
}

TEST_F(ServerTest, LocalhostIsBothLoopbacksWithOnePort) {
  start(echo, "localhost:0");
  const auto endpoints = server->local_endpoints();
  ASSERT_EQ(endpoints.size(), 2U);
  EXPECT_EQ(endpoints[0].port(), endpoints[1].port());
  for (const auto& endpoint : endpoints) {
    RawClient client(loop, endpoint);
    client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(client.reply().status, 200) << endpoint.address().to_string();
  }
}

TEST_F(ServerTest, AnAddressInUseIsAnErrorThatNamesIt) {
  const auto endpoint = start();
  Server other(loop.executor(), clock, ids, limits, echo);
  const auto listening = other.listen({.host = "127.0.0.1", .port = endpoint.port()}, {});
  ASSERT_FALSE(listening);
  EXPECT_THAT(listening.error().message, HasSubstr("127.0.0.1:" + std::to_string(endpoint.port())));
  EXPECT_THAT(listening.error().message, HasSubstr("in use"));
}

}  // namespace
}  // namespace crewship
