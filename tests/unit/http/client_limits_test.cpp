// Time and size: what a receiver cannot make the client wait for, and what it cannot make it hold.
#include "client_fixture.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;

Task<void> head_then_silence(PeerConnection& connection) {
  co_await connection.read_request();
  co_await connection.write("HTTP/1.1 200 OK\r\nX-Slow: ");
  co_await connection.until_closed();
}

TEST_F(ClientTest, GivesUpWhenTheTimeIsUp) {
  for (const TcpPeer::Script script : {read_and_keep_silent, head_then_silence}) {
    TcpPeer& peer = serve(script);
    const auto pending = start(request_to(peer.url()));
    loop.until([&] { return peer.seen().open == 1; });
    loop.poll();
    clock.advance(std::chrono::milliseconds(29'999));
    loop.poll();
    EXPECT_FALSE(pending->settled());
    clock.advance(std::chrono::milliseconds(1));
    const Answer answer = finish(pending);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().failure, ClientFailure::timeout);
    EXPECT_EQ(answer.error().message,
              "no answer within 30 s (still waiting for 127.0.0.1:" + std::to_string(peer.port()) + " to answer)");
    loop.until([&] { return peer.seen().open == 0; });
  }
}

TEST_F(ClientTest, SaysShortTimesInMilliseconds) {
  TcpPeer& peer = serve(read_and_keep_silent);
  ClientRequest request = request_to(peer.url());
  request.timeout = std::chrono::milliseconds(250);
  const auto pending = start(std::move(request));
  loop.until([&] { return peer.seen().open == 1; });
  loop.poll();
  clock.advance(std::chrono::milliseconds(250));
  EXPECT_THAT(finish(pending).error().message, HasSubstr("no answer within 250 ms"));
}

Task<void> drip_a_head(PeerConnection& connection, FakeClock& clock) {
  co_await connection.read_request();
  co_await connection.write("HTTP/1.1 200 OK\r\nX: ");
  while (co_await connection.write("x")) {
    clock.advance(std::chrono::milliseconds(100));
    co_await asio::post(use_awaitable);
  }
}

TEST_F(ClientTest, ADrippedHeadDoesNotProlongTheTime) {
  TcpPeer& peer = serve([this](PeerConnection& connection) { return drip_a_head(connection, clock); });
  EXPECT_EQ(post(peer.url()).error().failure, ClientFailure::timeout);
}

Task<void> drip_a_body(PeerConnection& connection) {
  co_await connection.read_request();
  co_await connection.write("HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\n\r\nthe first");
  co_await connection.until_closed();
}

TEST_F(ClientTest, ABodyThatNeverEndsCountsWithWhatCame) {
  TcpPeer& peer = serve(drip_a_body);
  const auto pending = start(request_to(peer.url()));
  loop.until([&] { return peer.seen().open == 1; });
  loop.poll();
  EXPECT_FALSE(pending->settled());
  clock.advance(std::chrono::seconds(30));
  const Answer answer = finish(pending);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 202);
  EXPECT_EQ(answer->body, "the first");
  loop.until([&] { return peer.seen().open == 0; });
}

Task<void> write_for_ever(PeerConnection& connection, std::string start, std::string rest) {
  co_await connection.read_request();
  bool open = co_await connection.write(start);
  while (open) open = co_await connection.write(rest);
}

TEST_F(ClientTest, ReadsOfAnEndlessBodyNoMoreThanIsAskedFor) {
  const std::string piece(8192, 'b');
  for (const auto& [start, rest] : std::vector<std::pair<std::string, std::string>>{
           {"HTTP/1.1 200 OK\r\n\r\n", piece},
           {"HTTP/1.1 200 OK\r\nContent-Length: 10995116277760\r\n\r\n", piece},
           {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "2000\r\n" + piece + "\r\n"}}) {
    TcpPeer& peer =
        serve([start, rest](PeerConnection& connection) { return write_for_ever(connection, start, rest); });
    const Answer answer = post(peer.url());
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, std::string(16384, 'b'));
    loop.until([&] { return peer.seen().connections == 1 && peer.seen().open == 0; });
    // What the kernel's buffers on both sides take, not what the client reads.
    EXPECT_LT(peer.seen().sent_bytes, 20'000'000U);
  }
}

TEST_F(ClientTest, AChunkHeaderCannotBeEndless) {
  TcpPeer& peer = serve([](PeerConnection& connection) {
    return write_for_ever(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
                          std::string(8192, 'x'));
  });
  const Answer answer = post(peer.url());
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "");
}

TEST_F(ClientTest, ATrailerCannotBeEndless) {
  TcpPeer& peer = serve([](PeerConnection& connection) {
    return write_for_ever(connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n",
                          "Trailer: " + std::string(8192, 'x') + "\r\n");
  });
  EXPECT_EQ(post(peer.url())->body, "x");
}

TEST_F(ClientTest, ReadsABodyOfExactlyTheLimitToItsEnd) {
  const std::string body(16384, 'b');
  TcpPeer& peer = serve([&body](PeerConnection& connection) {
    return write_for_ever(connection, "", "HTTP/1.1 200 OK\r\nContent-Length: 16384\r\n\r\n" + body);
  });
  EXPECT_EQ(post(peer.url())->body, body);
}

TEST_F(ClientTest, RefusesAHeadOverItsLimit) {
  for (const std::string& rest : {std::string(8192, 'h'), "X: " + std::string(100, 'h') + "\r\n"}) {
    TcpPeer& peer = serve(
        [rest](PeerConnection& connection) { return write_for_ever(connection, "HTTP/1.1 200 OK\r\nX: 1\r\n", rest); });
    const Answer answer = post(peer.url());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().failure, ClientFailure::protocol);
    EXPECT_THAT(answer.error().message, HasSubstr("its head is over 16384 bytes"));
    loop.until([&] { return peer.seen().open == 0; });
    EXPECT_LT(peer.seen().sent_bytes, 20'000'000U);
  }
}

}  // namespace
}  // namespace crewship
