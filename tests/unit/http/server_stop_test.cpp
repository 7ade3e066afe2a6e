// Stopping: who is let finish, who is cut off, and that nothing is left.
#include <optional>

#include <boost/asio/co_spawn.hpp>

#include "server_fixture.hpp"

namespace crewship {
namespace {

using namespace std::chrono_literals;

// Handlers that wait until the test lets them go, or until they are cancelled.
class ServerStopTest : public ServerTest {
 protected:
  Task<Response> wait_for_test(Request& request) {
    ++waiting;
    while (!open) co_await gate->wait(1h);
    Response response;
    response.body = request.path;
    co_return response;
  }

  void start_gated() {
    start([this](Request& request) { return wait_for_test(request); });
  }

  void begin_stop(std::chrono::milliseconds grace) {
    asio::co_spawn(loop.executor(), server->stop(grace), [this](const std::exception_ptr& failure) {
      EXPECT_FALSE(failure);
      stopped = true;
    });
    loop.poll();
  }

  void let_through() {
    open = true;
    gate->wake();
    loop.poll();
  }

  std::unique_ptr<Timer> gate = clock.make_timer(loop.executor());
  bool open = false;
  int waiting = 0;
  bool stopped = false;
};

TEST_F(ServerStopTest, IdleConnectionsEndAtOnceAndNoNewOnesAreTaken) {
  const auto endpoint = start();
  auto fresh = connect();
  auto used = connect();
  used.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(used.reply().status, 200);
  begin_stop(1h);
  loop.until([this] { return stopped; });
  EXPECT_TRUE(fresh.ended());
  EXPECT_TRUE(used.ended());
  asio::ip::tcp::socket late(loop.context());
  boost::system::error_code error;
  late.connect(endpoint, error);
  EXPECT_EQ(error, asio::error::connection_refused);
}

TEST_F(ServerStopTest, AConnectionAcceptedAtTheLastMomentEndsToo) {
  start();
  auto client = connect();  // the loop has not run since, so it is accepted while the server stops
  begin_stop(1h);
  loop.until([this] { return stopped; });
  EXPECT_EQ(client.rest(), "");
}

TEST_F(ServerStopTest, ARequestUnderWayIsFinishedWithinTheGrace) {
  start_gated();
  auto client = connect();
  client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  loop.until([this] { return waiting == 1; });
  begin_stop(10s);
  clock.advance(9s);
  loop.poll();
  EXPECT_FALSE(stopped);
  let_through();
  const Reply reply = client.reply();
  EXPECT_EQ(reply.body, "/slow");
  EXPECT_EQ(reply.header("Connection"), "close");
  client.close();
  loop.until([this] { return stopped; });
}

TEST_F(ServerStopTest, ARequestThatIsStillArrivingIsFinishedToo) {
  start();
  auto client = connect();
  client.send("POST /half HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo");
  begin_stop(10s);
  client.send("dy");
  EXPECT_EQ(client.reply().body, "POST /half body");
  client.close();
  loop.until([this] { return stopped; });
}

TEST_F(ServerStopTest, ARequestThatHasArrivedUnseenIsAnswered) {
  start();
  auto client = connect();
  loop.until([this] { return server->connections() == 1; });
  loop.poll();
  // In the socket's buffer, but the loop has not looked yet.
  asio::write(client.socket(), asio::buffer(std::string("GET /late HTTP/1.1\r\nHost: a\r\n\r\n")));
  begin_stop(10s);
  EXPECT_EQ(client.reply().body, "GET /late");
  client.close();
  loop.until([this] { return stopped; });
}

TEST_F(ServerStopTest, AfterTheGraceItIsCutOffAndToldSo) {
  start_gated();
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  loop.until([this] { return waiting == 1; });
  begin_stop(10s);
  clock.advance(10s);
  loop.until([this] { return stopped; });
  const Reply reply = client.reply();
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(error_code_of(reply), "shutting_down");
  EXPECT_NE(reply.header("Retry-After"), "");
  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(server->connections(), 0U);
}

TEST_F(ServerStopTest, HalfARequestIsCutOffAfterTheGrace) {
  start();
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost");
  begin_stop(10s);
  clock.advance(10s);
  loop.until([this] { return stopped; });
  EXPECT_EQ(server->connections(), 0U);
}

TEST_F(ServerStopTest, WhileDrainingEveryAnswerClosesItsConnection) {
  start();
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.reply().header("Connection"), "");
  server->close_after_responses();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.reply().header("Connection"), "close");
  client.finish_sending();
  EXPECT_TRUE(client.ended());
  auto other = connect();
  other.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(other.reply().status, 200) << "new connections are still taken";
}

TEST_F(ServerStopTest, AServerThatNeverListenedStops) {
  server = std::make_unique<Server>(loop.executor(), clock, ids, limits, echo);
  loop.run(server->stop(0s));
  EXPECT_TRUE(loop.idle());
}

TEST_F(ServerStopTest, MayListenAgainAfterAStop) {
  start();
  loop.run(server->stop(0s));
  ASSERT_TRUE(server->listen({.host = "127.0.0.1", .port = 0}, {}));
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.reply().header("Connection"), "");
}

}  // namespace
}  // namespace crewship
