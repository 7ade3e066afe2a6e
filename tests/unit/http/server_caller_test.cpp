// What a waiting handler learns of its caller: that they hung up, however they did it, and nothing else.
#include <sys/socket.h>

#include "server_fixture.hpp"

namespace crewship {
namespace {

using namespace std::chrono_literals;

class ServerCallerTest : public ServerTest {
 protected:
  Task<Response> wait_for_hang_up(Request& request) {
    ++waiting;
    request.caller->watch([this] {
      ++gone;
      gate->wake();
    });
    while (gone == 0 && !open) co_await gate->wait(1h);
    if (!leaves_watch) request.caller->unwatch();
    --waiting;
    co_return json_response(gone > 0 ? 499 : 200, "{}");
  }

  void start_watching(std::string_view address = "127.0.0.1:0") {
    start([this](Request& request) { return wait_for_hang_up(request); }, address);
  }

  // A client whose request waits in the handler.
  std::unique_ptr<RawClient> waiting_client() {
    auto client = std::make_unique<RawClient>(loop, server->local_endpoints().at(0));
    client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    loop.until([this] { return waiting == 1; });
    loop.poll();
    return client;
  }

  std::unique_ptr<Timer> gate = clock.make_timer(loop.executor());
  int waiting = 0;
  int gone = 0;
  bool open = false;
  bool leaves_watch = false;
};

TEST_F(ServerCallerTest, HearsOfACloseAtOnce) {
  start_watching();
  const auto client = waiting_client();
  EXPECT_EQ(gone, 0);
  client->close();
  loop.until([this] { return gone == 1; });
  loop.until([this] { return server->connections() == 0; });
  EXPECT_EQ(gone, 1);
}

TEST_F(ServerCallerTest, HearsOfAReset) {
  start_watching();
  const auto client = waiting_client();
  client->socket().set_option(asio::socket_base::linger(true, 0));
  client->close();
  loop.until([this] { return gone == 1; });
}

TEST_F(ServerCallerTest, PipelinedDataIsNoHangUp) {
  start_watching();
  const auto client = waiting_client();
  client->send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  loop.poll();
  EXPECT_EQ(gone, 0);
  EXPECT_EQ(clock.until_next(), 1s) << "looks again in a second, instead of spinning";
  clock.advance(1s);
  loop.poll();
  EXPECT_EQ(gone, 0);
  open = true;
  gate->wake();
  EXPECT_EQ(client->reply().status, 200);
  EXPECT_EQ(client->reply().status, 200) << "the pipelined one";
}

TEST_F(ServerCallerTest, AHangUpBehindPipelinedDataIsHeardOfSoon) {
  start_watching();
  const auto client = waiting_client();
  client->send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  loop.poll();
  client->close();
  pass_next_deadline();
  loop.until([this] { return gone == 1; });
}

TEST_F(ServerCallerTest, AWatchThatIsOverHearsNothing) {
  start_watching();
  const auto client = waiting_client();
  open = true;
  gate->wake();
  EXPECT_EQ(client->reply().status, 200);
  client->close();
  loop.until([this] { return server->connections() == 0; });
  EXPECT_EQ(gone, 0);
}

TEST_F(ServerCallerTest, AWatchThatTheHandlerForgetsEndsWithIt) {
  leaves_watch = true;
  start_watching();
  const auto client = waiting_client();
  client->send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  open = true;
  gate->wake();
  EXPECT_EQ(client->reply().status, 200);
  EXPECT_EQ(client->reply().status, 200);
  client->close();
  loop.until([this] { return server->connections() == 0; });
  EXPECT_EQ(gone, 0);
}

TEST_F(ServerCallerTest, TheConnectionGoesOnAfterAWatch) {
  open = true;
  start_watching();
  auto client = connect();
  for (int i = 0; i < 10; ++i) {
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_EQ(client.reply().status, 200);
  }
}

TEST_F(ServerCallerTest, AStopCutsAWatchingHandlerOff) {
  start_watching();
  const auto client = waiting_client();
  loop.run(server->stop(0s));
  EXPECT_EQ(client->reply().status, 503);
  EXPECT_EQ(gone, 0);
}

}  // namespace
}  // namespace crewship
