// Responses of unknown length, piece by piece, and all the ways in which they end.
#include <vector>

#include <boost/asio/co_spawn.hpp>

#include "server_fixture.hpp"
#include "support/log_capture.hpp"

namespace crewship {
namespace {

using namespace std::chrono_literals;

// Streams what the test says, when it says so.
class ServerStreamTest : public ServerTest {
 protected:
  Task<void> stream(BodyWriter& writer) {
    ++running;
    struct Leave {
      int& count;
      ~Leave() { --count; }
    } leave{running};
    for (;;) {
      while (!pieces.empty()) {
        std::string piece = std::exchange(pieces, {});
        if (const auto written = co_await writer.write(std::move(piece)); !written) {
          last_error = written.error().code;
          co_return;
        }
      }
      if (fails) throw std::runtime_error("the stream broke");
      if (done) co_return;
      co_await next->wait(1h);
    }
  }

  Task<Response> answer(Request&) {
    Response response;
    response.headers.emplace_back("Content-Type", "text/event-stream");
    response.stream = [this](BodyWriter& writer) { return stream(writer); };
    co_return response;
  }

  void start_stream() {
    start([this](Request& request) { return answer(request); });
  }

  void push(std::string piece) {
    pieces += piece;
    wake();
  }
  void wake() {
    next->wake();
    loop.poll();
  }

  std::unique_ptr<Timer> next = clock.make_timer(loop.executor());
  std::string pieces;
  bool done = false;
  bool fails = false;
  int running = 0;
  std::string last_error;
};

TEST_F(ServerStreamTest, PiecesArriveAsTheyAreWritten) {
  start_stream();
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  client.read_until([&] { return client.received().find("\r\n\r\n") != std::string::npos; });
  EXPECT_THAT(client.received(), testing::HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(client.received(), testing::Not(testing::HasSubstr("Content-Length")));
  push("data: 1\n\n");
  client.read_until([&] { return client.received().ends_with("9\r\ndata: 1\n\n\r\n"); });
  push("data: two\n\n");
  client.read_until([&] { return client.received().ends_with("b\r\ndata: two\n\n\r\n"); });
  done = true;
  wake();
  client.finish_sending();
  EXPECT_TRUE(client.rest().ends_with("\r\n0\r\n\r\n"));
  EXPECT_EQ(running, 0);
}

TEST_F(ServerStreamTest, HttpOneZeroEndsWithTheConnection) {
  start_stream();
  pieces = "all of it";
  done = true;
  auto client = connect();
  client.send("GET / HTTP/1.0\r\n\r\n");
  const Reply reply = client.reply();
  EXPECT_EQ(reply.header("Transfer-Encoding"), "");
  EXPECT_EQ(reply.header("Connection"), "close");
  client.finish_sending();
  EXPECT_EQ(client.rest(), "all of it");
}

TEST_F(ServerStreamTest, HeadRunsNoStream) {
  start_stream();
  auto client = connect();
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.reply(true).header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(client.reply(true).status, 200);
  EXPECT_EQ(running, 0);
}

TEST_F(ServerStreamTest, EndsWhenThePeerHangsUpAlthoughNothingIsWritten) {
  start_stream();
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  loop.until([this] { return running == 1; });
  client.close();
  loop.until([this] { return running == 0 && server->connections() == 0; });
}

TEST_F(ServerStreamTest, EndsWhenThePeerTakesNothing) {
  start_stream();
  pieces = std::string(32U << 20U, 'x');
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  loop.until([this] { return running == 1; });
  loop.poll();
  clock.advance(limits.write_timeout);
  loop.until([this] { return running == 0 && server->connections() == 0; });
  EXPECT_EQ(last_error, "peer_gone");
}

TEST_F(ServerStreamTest, EndsWhenTheServerStopsAndTheClientCanTell) {
  start_stream();
  pieces = "begun";
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  loop.until([this] { return running == 1; });
  loop.run(server->stop(1h));
  EXPECT_EQ(running, 0);
  EXPECT_TRUE(client.rest().ends_with("begun\r\n")) << "no last chunk";
}

TEST_F(ServerStreamTest, AStreamThatFailsIsLoggedAndCutOff) {
  LogCapture log;
  start_stream();
  pieces = "begun";
  fails = true;
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string all = client.rest();
  EXPECT_TRUE(all.ends_with("begun\r\n")) << "no last chunk: " << all;
  EXPECT_TRUE(log.has_line("stream failed", "the stream broke", "request_id=req_")) << log.text();
}

TEST_F(ServerStreamTest, NothingWrittenIsAnEmptyBody) {
  start_stream();
  done = true;
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const Reply reply = client.reply();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "");
}

}  // namespace
}  // namespace crewship
