// Keep-alive: when a connection is used again, when not, and what happens when it has died meanwhile.
#include "client_fixture.hpp"

namespace crewship {
namespace {

TEST_F(ClientTest, UsesAConnectionAgain) {
  TcpPeer& peer = serve(answer_ok);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(post(peer.url("/" + std::to_string(i)))->body, "ok");
  EXPECT_EQ(peer.seen().connections, 1U);
}

TEST_F(ClientTest, NeverSharesAConnectionBetweenPostsUnderWay) {
  TcpPeer& peer = serve(read_and_keep_silent);
  const auto first = start(request_to(peer.url()));
  const auto second = start(request_to(peer.url()));
  loop.until([&] { return peer.seen().open == 2; });
  clock.advance(std::chrono::seconds(30));
  EXPECT_FALSE(finish(first));
  EXPECT_FALSE(finish(second));
}

Task<void> answer_each_with(PeerConnection& connection, std::string text) {
  while (!(co_await connection.read_request()).empty()) co_await connection.write(text);
}

TEST_F(ClientTest, UsesNoConnectionAgainThatIsNotMeantForIt) {
  for (const std::string text :
       {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 500 Smuggled\r\nContent-Length: 0\r\n\r\n"}) {
    TcpPeer& peer = serve([text](PeerConnection& connection) { return answer_each_with(connection, text); });
    EXPECT_EQ(post(peer.url())->status, 200);
    EXPECT_EQ(post(peer.url())->status, 200);
    EXPECT_EQ(peer.seen().connections, 2U) << text;
  }
}

TEST_F(ClientTest, UsesAnHttp10ConnectionAgainWhenItsServerAsksForIt) {
  TcpPeer& peer = serve([](PeerConnection& connection) {
    return answer_each_with(connection, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n");
  });
  post(peer.url());
  post(peer.url());
  EXPECT_EQ(peer.seen().connections, 1U);
}

// Something that comes unasked for, after the answer and in a packet of its own.
Task<void> answer_and_then_speak(PeerConnection& connection, bool& speak) {
  while (!(co_await connection.read_request()).empty()) {
    co_await connection.write(ok_answer);
    while (!speak) co_await asio::post(use_awaitable);
    co_await connection.write("HTTP/1.1 500 Smuggled\r\nContent-Length: 0\r\n\r\n");
  }
}

TEST_F(ClientTest, UsesNoConnectionAgainThatSpokeUnasked) {
  bool speak = false;
  TcpPeer& peer = serve([&](PeerConnection& connection) { return answer_and_then_speak(connection, speak); });
  EXPECT_EQ(post(peer.url())->status, 200);
  speak = true;
  loop.poll();
  EXPECT_EQ(post(peer.url())->status, 200);
  EXPECT_EQ(peer.seen().connections, 2U);
}

Task<void> answer_once(PeerConnection& connection) {
  co_await connection.read_request();
  co_await connection.write(ok_answer);
}

TEST_F(ClientTest, NoticesThatAnIdleConnectionWasClosed) {
  TcpPeer& peer = serve(answer_once);
  EXPECT_EQ(post(peer.url())->body, "ok");
  loop.until([&] { return peer.seen().open == 0; });
  EXPECT_EQ(post(peer.url())->body, "ok");
  EXPECT_EQ(peer.seen().connections, 2U);
}

// What a connection does with its second request.
enum class Second { close, reset, half_an_answer };
Task<void> answer_then(PeerConnection& connection, Second second, std::size_t healthy_from) {
  co_await connection.read_request();
  if (connection.number() > 1 && connection.number() < healthy_from) co_return;
  co_await connection.write(ok_answer);
  if ((co_await connection.read_request()).empty()) co_return;
  if (second == Second::reset) connection.reset();
  if (second == Second::half_an_answer) co_await connection.write("HTTP/1.1 200 O");
}

TEST_F(ClientTest, TriesOnceMoreWhenAnIdleConnectionDiesUnderTheRequest) {
  for (const Second second : {Second::close, Second::reset}) {
    TcpPeer& peer = serve([second](PeerConnection& connection) { return answer_then(connection, second, 2); });
    EXPECT_EQ(post(peer.url())->body, "ok");
    const Answer answer = post(peer.url());
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "ok");
    EXPECT_EQ(peer.seen().connections, 2U);
  }
}

TEST_F(ClientTest, TriesNoThirdTime) {
  TcpPeer& peer = serve([](PeerConnection& connection) { return answer_then(connection, Second::close, 99); });
  EXPECT_EQ(post(peer.url())->body, "ok");
  const Answer answer = post(peer.url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, ClientFailure::closed);
  EXPECT_EQ(peer.seen().connections, 2U);
}

TEST_F(ClientTest, DoesNotTryAgainWhatWasPartlyAnswered) {
  TcpPeer& peer = serve([](PeerConnection& connection) { return answer_then(connection, Second::half_an_answer, 2); });
  EXPECT_EQ(post(peer.url())->body, "ok");
  const Answer answer = post(peer.url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, ClientFailure::closed);
  EXPECT_EQ(peer.seen().connections, 1U);
}

Task<void> answer_then_keep_silent(PeerConnection& connection) {
  co_await connection.read_request();
  co_await connection.write(ok_answer);
  co_await connection.read_request();
  co_await connection.until_closed();
}

TEST_F(ClientTest, DoesNotTryAgainWhenTheTimeIsUp) {
  TcpPeer& peer = serve(answer_then_keep_silent);
  EXPECT_EQ(post(peer.url())->body, "ok");
  const auto pending = start(request_to(peer.url()));
  loop.poll();
  clock.advance(std::chrono::seconds(30));
  EXPECT_EQ(finish(pending).error().failure, ClientFailure::timeout);
  EXPECT_EQ(peer.seen().connections, 1U);
}

TEST_F(ClientTest, ClosesWhatIsIdleForTooLong) {
  make_client({.idle_timeout = std::chrono::seconds(30)});
  TcpPeer& peer = serve(answer_ok);
  post(peer.url());
  clock.advance(std::chrono::seconds(20));
  TcpPeer& later = serve(answer_ok);
  post(later.url());
  EXPECT_EQ(peer.seen().open, 1U);
  clock.advance(std::chrono::seconds(10));
  loop.until([&] { return peer.seen().open == 0; });
  EXPECT_EQ(later.seen().open, 1U);
  clock.advance(std::chrono::seconds(20));
  loop.until([&] { return later.seen().open == 0; });
  EXPECT_EQ(clock.waiting(), 0U) << "an empty pool must not wake anybody up";
}

TEST_F(ClientTest, ManyRequestsToOneHostUseTheSameConnectionsAgain) {
  TcpPeer& peer = serve(answer_ok);
  for (int round = 0; round < 2; ++round) {
    std::vector<std::shared_ptr<Pending>> pending;
    for (int i = 0; i < 64; ++i) pending.push_back(start(request_to(peer.url())));
    for (const auto& each : pending) EXPECT_EQ(finish(each)->body, "ok");
  }
  EXPECT_EQ(peer.seen().connections, 64U);
}

TEST_F(ClientTest, KeepsNoMoreIdleConnectionsThanItMay) {
  make_client({.idle_connections_per_host = 2, .idle_connections = 3});
  TcpPeer& one = serve(answer_ok);
  TcpPeer& other = serve(answer_ok);
  std::vector<std::shared_ptr<Pending>> pending;
  for (int i = 0; i < 5; ++i) pending.push_back(start(request_to(one.url())));
  for (const auto& each : pending) finish(each);
  loop.until([&] { return one.seen().open == 2; });
  clock.advance(std::chrono::milliseconds(1));
  pending = {start(request_to(other.url())), start(request_to(other.url()))};
  for (const auto& each : pending) finish(each);
  loop.until([&] { return one.seen().open == 1; });
  EXPECT_EQ(other.seen().open, 2U);
}

TEST_F(ClientTest, AsksTheGuardAgainBeforeItUsesAConnectionAgain) {
  TcpPeer& peer = serve(answer_ok);
  EXPECT_EQ(post(peer.url())->body, "ok");
  guard = [](const asio::ip::address&) { return std::optional<std::string>("a loopback address; see delivery.allow"); };
  const Answer answer = post(peer.url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, ClientFailure::refused_by_guard);
}

TEST_F(ClientTest, ClosingItClosesWhatIsIdle) {
  TcpPeer& peer = serve(answer_ok);
  post(peer.url());
  client->close();
  loop.until([&] { return peer.seen().open == 0; });
  EXPECT_EQ(post(peer.url())->body, "ok");
  loop.until([&] { return peer.seen().open == 0; });
}

}  // namespace
}  // namespace crewship
