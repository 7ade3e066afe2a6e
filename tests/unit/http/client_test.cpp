#include "client_fixture.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;

struct Scripted {
  std::string text;
  bool close = true;
};

Task<void> say(PeerConnection& connection, Scripted scripted) {
  co_await connection.read_request();
  co_await connection.write(scripted.text);
  if (!scripted.close) co_await connection.until_closed();
}

// Answers the first request with `text` and closes.
TcpPeer::Script answer_with(std::string text) {
  return [text](PeerConnection& connection) { return say(connection, {text, true}); };
}
// The same, but the connection stays open until the client closes it.
TcpPeer::Script answer_and_stay(std::string text) {
  return [text](PeerConnection& connection) { return say(connection, {text, false}); };
}

Task<void> note_requests(PeerConnection& connection, std::vector<std::string>& requests) {
  for (std::string request = co_await connection.read_request(); !request.empty();
       request = co_await connection.read_request()) {
    requests.push_back(std::move(request));
    co_await connection.write(ok_answer);
  }
}

TEST_F(ClientTest, SendsTheRequestByteForByte) {
  std::vector<std::string> requests;
  TcpPeer& peer = serve([&](PeerConnection& connection) { return note_requests(connection, requests); });
  ClientRequest request = request_to(peer.url("/a%2Fb/../c?x=%20&y"), R"({"a":1})");
  request.headers = {{"Content-Type", "application/json"}, {"X-b", "2"}, {"x-A", " 1"}};
  ASSERT_TRUE(post(request));
  const std::string host = "127.0.0.1:" + std::to_string(peer.port());
  EXPECT_THAT(requests, testing::ElementsAre("POST /a%2Fb/../c?x=%20&y HTTP/1.1\r\nHost: " + host +
                                             "\r\nContent-Length: 7\r\nContent-Type: application/json\r\nX-b: 2\r\n"
                                             "x-A:  1\r\n\r\n{\"a\":1}"));
}

TEST_F(ClientTest, GivesStatusHeadersAndBody) {
  TcpPeer& peer = serve(answer_with(
      "HTTP/1.1 503 Nope\r\nRetry-After: 120\r\nX-Twice: a\r\nX-Twice: b\r\nContent-Length: 4\r\n\r\nbusy"));
  const Answer answer = post(peer.url());
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->body, "busy");
  EXPECT_THAT(answer->headers, testing::ElementsAre(Pair("Retry-After", "120"), Pair("X-Twice", "a"),
                                                    Pair("X-Twice", "b"), Pair("Content-Length", "4")));
}

TEST_F(ClientTest, ReadsEveryWayABodyCanEnd) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n", "abcde"},
      {"HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end"},
      {"HTTP/1.0 200 OK\r\n\r\nold", "old"},
      {"HTTP/1.1 204 No Content\r\n\r\n", ""},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
  };
  for (const auto& [text, body] : cases) {
    const Answer answer = post(serve(answer_with(text)).url());
    ASSERT_TRUE(answer) << text << answer.error().message;
    EXPECT_EQ(answer->body, body);
  }
}

TEST_F(ClientTest, DoesNotFollowRedirects) {
  TcpPeer& elsewhere = serve(answer_ok);
  TcpPeer& peer =
      serve(answer_with("HTTP/1.1 307 Moved\r\nLocation: " + elsewhere.url() + "\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_EQ(post(peer.url())->status, 307);
  loop.poll();
  EXPECT_EQ(elsewhere.seen().connections, 0U);
}

TEST_F(ClientTest, SkipsInterimResponses) {
  const std::string interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  EXPECT_EQ(post(serve(answer_with(interim + ok_answer)).url())->body, "ok");
}

TEST_F(ClientTest, DoesNotReadInterimResponsesForEver) {
  std::string interim;
  for (int i = 0; i < 1000; ++i) interim += "HTTP/1.1 102 Processing\r\n\r\n";
  const Answer answer = post(serve(answer_and_stay(interim)).url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, ClientFailure::protocol);
  EXPECT_THAT(answer.error().message, HasSubstr("interim responses"));
}

TEST_F(ClientTest, TakesAnUpgradeForTheAnswer) {
  TcpPeer& peer = serve(answer_and_stay("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"));
  EXPECT_EQ(post(peer.url())->status, 101);
  EXPECT_EQ(loop.run(client->send(request_to(serve(answer_ok).url())))->status, 200);
}

TEST_F(ClientTest, SaysWhoRefusedTheConnection) {
  std::uint16_t port = 0;
  {
    const TcpPeer gone(loop.executor(), answer_ok);
    port = gone.port();
  }
  loop.poll();
  const Answer answer = post("http://127.0.0.1:" + std::to_string(port) + "/");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, ClientFailure::connect);
  EXPECT_EQ(answer.error().message, "connection refused by 127.0.0.1:" + std::to_string(port));
}

Task<void> reset_unanswered(PeerConnection& connection) {
  co_await connection.read_request();
  connection.reset();
}
Task<void> reset_inside_the_request(PeerConnection& connection) {
  co_await connection.read_more();
  connection.reset();
}
Task<void> close_unanswered(PeerConnection& connection) { co_await connection.read_request(); }

TEST_F(ClientTest, SaysHowTheConnectionWasLost) {
  TcpPeer& resetting = serve(reset_unanswered);
  Answer answer = post(resetting.url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, ClientFailure::closed);
  EXPECT_EQ(answer.error().message,
            "connection reset by 127.0.0.1:" + std::to_string(resetting.port()) + " before it answered");

  TcpPeer& resetting_early = serve(reset_inside_the_request);
  answer = post(request_to(resetting_early.url(), std::string(16'000'000, 'x')));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message,
            "connection reset by 127.0.0.1:" + std::to_string(resetting_early.port()) + " before it answered");

  TcpPeer& closing = serve(close_unanswered);
  answer = post(closing.url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message,
            "connection closed by 127.0.0.1:" + std::to_string(closing.port()) + " before it answered");

  answer = post(serve(answer_with("HTTP/1.1 200 OK\r\nContent-")).url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, ClientFailure::closed);
  EXPECT_THAT(answer.error().message, HasSubstr("inside its answer"));
}

TEST_F(ClientTest, ABrokenBodyDoesNotChangeTheResult) {
  for (const std::string text : {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
                                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\nnonsense"}) {
    const Answer answer = post(serve(answer_with(text)).url());
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "only this");
  }
}

TEST_F(ClientTest, RefusesWhatIsNotHttpAtOnce) {
  for (const std::string text :
       {"SSH-2.0-OpenSSH_9.2\r\n", "\x15\x03\x01", "HTTP/2.0 200 OK\r\n\r\n", "{\"ok\":true}",
        "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 099 Low\r\n\r\n"}) {
    const Answer answer = post(serve(answer_and_stay(text)).url());
    ASSERT_FALSE(answer) << text;
    EXPECT_EQ(answer.error().failure, ClientFailure::protocol);
    EXPECT_THAT(answer.error().message, StartsWith("the answer of 127.0.0.1:"));
  }
}

TEST_F(ClientTest, AnAnswerThatComesBeforeTheRequestIsReadCounts) {
  TcpPeer& peer = serve(answer_and_stay("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  EXPECT_EQ(post(request_to(peer.url(), std::string(100'000, 'x')))->status, 200);
}

Task<void> refuse_without_reading(PeerConnection& connection) {
  co_await connection.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  connection.socket().shutdown(asio::ip::tcp::socket::shutdown_send);
  co_await connection.until_closed();
}

TEST_F(ClientTest, HearsARefusalThatComesBeforeTheBodyIsSent) {
  TcpPeer& peer = serve(refuse_without_reading);
  const Answer answer = post(request_to(peer.url(), std::string(4'000'000, 'x')));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 413);
}

TEST_F(ClientTest, DoesNotSendAHeaderThatBreaksALine) {
  TcpPeer& peer = serve(answer_ok);
  ClientRequest request = request_to(peer.url());
  request.headers = {{"X-A", "1\r\nX-Injected: 2"}};
  const Answer answer = post(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, ClientFailure::protocol);
  EXPECT_EQ(peer.seen().connections, 0U);
}

TEST_F(ClientTest, PostsSideBySide) {
  TcpPeer& peer = serve(answer_ok);
  std::vector<std::shared_ptr<Pending>> pending;
  for (int i = 0; i < 100; ++i) pending.push_back(start(request_to(peer.url())));
  for (const auto& one : pending) EXPECT_EQ(finish(one)->status, 200);
}

}  // namespace
}  // namespace crewship
