// Other methods than POST, and bodies that are handed on as they come.
#include "client_fixture.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;

Task<void> note_request(PeerConnection& connection, std::string& request) {
  request = co_await connection.read_request();
  co_await connection.write(ok_answer);
}

Task<void> say_in_turn(PeerConnection& connection, std::vector<std::string> pieces, bool stay) {
  co_await connection.read_request();
  for (const auto& piece : pieces) co_await connection.write(piece);
  if (stay) co_await connection.until_closed();
}

class ClientStreamTest : public ClientTest {
 protected:
  TcpPeer& say(std::vector<std::string> pieces, bool stay = false) {
    return serve([pieces, stay](PeerConnection& connection) { return say_in_turn(connection, pieces, stay); });
  }
  Answer stream(const TcpPeer& peer) {
    ClientRequest request = request_to(peer.url(), "");
    request.method = "GET";
    request.on_body = [this](const ClientResponse& head, std::string_view piece) {
      status_ = head.status;
      body_ += piece;
    };
    return post(std::move(request));
  }
  int status_ = 0;
  std::string body_;
};

TEST_F(ClientStreamTest, SendsTheMethodAndNoLengthWhereThereIsNoBody) {
  std::string seen;
  ClientRequest request =
      request_to(serve([&](PeerConnection& connection) { return note_request(connection, seen); }).url("/x"), "");
  request.method = "GET";
  ASSERT_TRUE(post(std::move(request)));
  EXPECT_THAT(seen, testing::StartsWith("GET /x HTTP/1.1\r\n"));
  EXPECT_THAT(seen, testing::Not(HasSubstr("Content-Length")));
}

TEST_F(ClientStreamTest, HandsOnABodyOfAnyLength) {
  const std::string long_text(300'000, 'x');
  const Answer answer =
      stream(say({"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n", long_text.substr(0, 7), long_text.substr(7)}));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(status_, 200);
  EXPECT_EQ(body_, long_text);
  EXPECT_EQ(answer->body, "");
}

TEST_F(ClientStreamTest, HandsOnChunksWithoutTheirCoding) {
  ASSERT_TRUE(
      stream(say({"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "2\r\nde\r\n", "0\r\n\r\n"})));
  EXPECT_EQ(status_, 404);
  EXPECT_EQ(body_, "abcde");
}

TEST_F(ClientStreamTest, EndsWithTheConnectionWhereNoLengthIsSaid) {
  ASSERT_TRUE(stream(say({"HTTP/1.1 200 OK\r\n\r\n", "abc"})));
  EXPECT_EQ(body_, "abc");
}

TEST_F(ClientStreamTest, SaysThatABodyBrokeOff) {
  for (const char* head : {"Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
    body_.clear();
    const Answer answer = stream(say({std::string("HTTP/1.1 200 OK\r\n") + head}));
    ASSERT_FALSE(answer) << head;
    EXPECT_EQ(answer.error().failure, ClientFailure::closed);
    EXPECT_EQ(body_, "abc");
  }
}

TEST_F(ClientStreamTest, SaysThatAChunkMakesNoSense) {
  const Answer answer = stream(say({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc"}, true));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, ClientFailure::protocol);
}

Task<void> say_after(PeerConnection& connection, FakeClock& clock, int pieces) {
  co_await connection.read_request();
  co_await connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < pieces; ++i) {
    co_await connection.write("1\r\na\r\n");
    clock.advance(std::chrono::seconds(20));
  }
  co_await connection.until_closed();
}

TEST_F(ClientStreamTest, GoesOnAsLongAsPiecesComeInTime) {
  TcpPeer& peer = serve([this](PeerConnection& connection) { return say_after(connection, clock, 1); });
  ClientRequest request = request_to(peer.url(), "");
  request.on_body = [this](const ClientResponse&, std::string_view piece) { body_ += piece; };
  const auto pending = start(std::move(request));
  loop.until([&] { return body_ == "a"; });
  loop.poll();
  // 30 s count from the last piece, whether the peer's clock moved before or after it was read.
  EXPECT_FALSE(pending->settled());
  clock.advance(std::chrono::seconds(30));
  const Answer answer = finish(pending);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, ClientFailure::timeout);
}

}  // namespace
}  // namespace crewship
