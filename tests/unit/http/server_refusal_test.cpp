// Every request that must be refused, over real sockets: alone and behind a good one, where a lenient server would have
// taken it for something else. Each gets its answer, as JSON, and then the end of the connection without a reset.
#include "raw_requests.hpp"
#include "server_fixture.hpp"

namespace crewship {
namespace {

class RefusalTest : public ServerTest {
 protected:
  void expect_refusal(RawClient& client, const RawRequest& request) {
    const bool is_head = request.bytes.starts_with("HEAD ");
    const Reply reply = client.reply(is_head);
    EXPECT_EQ(reply.status, request.status) << request.what;
    EXPECT_EQ(reply.header("Connection"), "close") << request.what;
    EXPECT_TRUE(RequestId::parse(reply.header("X-Request-Id"))) << request.what;
    EXPECT_NE(error_code_of(reply), "") << request.what << ": " << reply.body;
    client.finish_sending();
    EXPECT_EQ(client.rest(), "") << request.what;
    EXPECT_FALSE(client.was_reset()) << request.what;
  }

  void expect_refused(const std::vector<RawRequest>& requests) {
    const std::string good = "POST /good HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody";
    const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (const RawRequest& request : requests) {
      auto alone = connect();
      alone.send(request.bytes);
      expect_refusal(alone, request);

      auto behind = connect();
      behind.send(good + request.bytes + smuggled);
      EXPECT_EQ(behind.reply().body, "POST /good body") << request.what;
      expect_refusal(behind, request);
    }
  }
};

TEST_F(RefusalTest, Heads) {
  start();
  expect_refused(refused_heads());
}

TEST_F(RefusalTest, Bodies) {
  start();
  expect_refused(refused_bodies());
}

TEST_F(RefusalTest, CodesSayWhatIsWrong) {
  start();
  const auto code_for = [this](const std::string& bytes) {
    auto client = connect();
    client.send(bytes);
    return error_code_of(client.reply());
  };
  EXPECT_EQ(code_for(with_headers("")), "bad_request");
  EXPECT_EQ(code_for(with_target("/" + std::string(8192, 'a'))), "target_too_long");
  EXPECT_EQ(code_for(with_host_and("X: " + std::string(16384, 'a') + "\r\n")), "headers_too_large");
  EXPECT_EQ(code_for(with_host_and("Content-Length: 1048577\r\n")), "body_too_large");
  EXPECT_EQ(code_for("GET / HTTP/2.0\r\n\r\n"), "http_version_not_supported");
  EXPECT_EQ(code_for(with_host_and("Expect: x\r\n")), "expectation_failed");
  EXPECT_EQ(code_for("CONNECT a:1 HTTP/1.1\r\n\r\n"), "method_not_allowed");
}

TEST_F(RefusalTest, TheAnswerToHeadHasNoBody) {
  start();
  auto client = connect();
  client.send("HEAD /a HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.reply(true).status, 400);
  client.finish_sending();
  EXPECT_EQ(client.rest(), "");
}

TEST_F(RefusalTest, AFewEmptyLinesBeforeARequestAreNothing) {
  start();
  auto client = connect();
  for (int i = 0; i < 3; ++i) {
    client.send("\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(client.reply().status, 200);
  }
  client.send("\r\n\r\n\r\n\r\n\r\n");
  EXPECT_EQ(client.reply().status, 400);
}

TEST_F(RefusalTest, ARequestThatEndsInTheMiddleIsToldSo) {
  start();
  for (const std::string bytes : {"GET / HTT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc",
                                  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    auto client = connect();
    client.send(bytes);
    client.finish_sending();
    EXPECT_EQ(client.reply().status, 400) << bytes;
    EXPECT_TRUE(client.ended());
  }
}

TEST_F(RefusalTest, AClientThatIsStillSendingReadsTheAnswer) {
  start();
  auto client = connect();
  const std::string body(4U << 20U, 'x');
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  const Reply reply = client.reply();
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(error_code_of(reply), "body_too_large");
  client.finish_sending();
  EXPECT_TRUE(client.ended());
}

TEST_F(RefusalTest, AClientThatNeverStopsSendingIsCutOff) {
  start();
  auto client = connect();
  client.send("BAD\r\n\r\n");
  EXPECT_EQ(client.reply().status, 400);
  for (int i = 0; i < 20 && !client.was_reset(); ++i) {
    client.send(std::string(1U << 20U, 'x'));
    loop.poll();
    if (server->connections() == 0) break;
  }
  loop.until([this] { return server->connections() == 0; });
}

TEST_F(RefusalTest, AClientThatDoesNotCloseIsCutOffInTheEnd) {
  start();
  auto client = connect();
  client.send("BAD\r\n\r\n");
  EXPECT_EQ(client.reply().status, 400);
  EXPECT_EQ(server->connections(), 1U);
  pass_next_deadline();
  loop.until([this] { return server->connections() == 0; });
}

}  // namespace
}  // namespace crewship
