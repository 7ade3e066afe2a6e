// Time limits and the limit on connections. The clock is the test's, so nothing here waits for real time.
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include <crewship/base/unique_fd.hpp>

#include "server_fixture.hpp"
#include "support/log_capture.hpp"

namespace crewship {
namespace {

using namespace std::chrono_literals;

TEST_F(ServerTest, AnIdleConnectionIsClosedWithoutAWord) {
  start();
  auto fresh = connect();
  auto used = connect();
  used.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(used.reply().status, 200);
  clock.advance(limits.idle_timeout - 1ms);
  loop.poll();
  EXPECT_EQ(server->connections(), 2U);
  clock.advance(1ms);
  EXPECT_TRUE(fresh.ended());
  EXPECT_TRUE(used.ended());
}

// Does something at the very moment at which the server looks whether time is up.
class HookedClock final : public Clock {
 public:
  explicit HookedClock(FakeClock& clock) : clock_(clock) {}
  WallTime now() const override { return clock_.now(); }
  SteadyTime steady_now() const override {
    if (hook) std::exchange(hook, nullptr)();
    return clock_.steady_now();
  }
  std::unique_ptr<Timer> make_timer(Executor executor) override { return clock_.make_timer(std::move(executor)); }

  mutable std::function<void()> hook;

 private:
  FakeClock& clock_;
};

TEST_F(ServerTest, ARequestThatArrivesJustAsTheIdleTimeIsUpIsAnswered) {
  HookedClock hooked(clock);
  server = std::make_unique<Server>(loop.executor(), hooked, ids, limits, echo);
  ASSERT_TRUE(server->listen({.host = "127.0.0.1", .port = 0}, {}));
  auto client = connect();
  loop.until([this] { return server->connections() == 1; });
  loop.poll();
  hooked.hook = [&] {
    asio::write(client.socket(), asio::buffer(std::string("GET /late HTTP/1.1\r\nHost: a\r\n\r\n")));
  };
  clock.advance(limits.idle_timeout);
  EXPECT_EQ(client.reply().body, "GET /late");
  loop.run(server->stop(0s));
  server.reset();
}

TEST_F(ServerTest, ASlowRequestIsToldSo) {
  start();
  const std::vector<std::string> beginnings{
      "G",
      "GET / HTTP/1.1\r\nHost: a\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"};
  for (const std::string& beginning : beginnings) {
    auto client = connect();
    client.send(beginning);
    clock.advance(limits.request_timeout - 1ms);
    loop.poll();
    EXPECT_EQ(server->connections(), 1U);
    clock.advance(1ms);
    Reply reply = client.reply();
    if (reply.status == 100) reply = client.reply();
    EXPECT_EQ(reply.status, 408) << beginning;
    EXPECT_EQ(error_code_of(reply), "request_timeout");
    EXPECT_EQ(reply.header("Connection"), "close");
    client.finish_sending();
    EXPECT_TRUE(client.ended());
    loop.until([this] { return server->connections() == 0; });
  }
}

// A byte now and then buys no time: the limit is for the request from its first byte to its last.
TEST_F(ServerTest, ATrickleDoesNotExtendTheTimeOfARequest) {
  start();
  auto client = connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\n");
  clock.advance(limits.request_timeout / 2);
  client.send("Content-Length: 100\r\n\r\n");
  clock.advance(limits.request_timeout / 4);
  client.send("x");
  clock.advance(limits.request_timeout / 4 - 1ms);
  client.send("x");
  EXPECT_EQ(server->connections(), 1U);
  clock.advance(1ms);
  EXPECT_EQ(client.reply().status, 408);
}

TEST_F(ServerTest, EachRequestHasItsOwnTime) {
  start();
  auto client = connect();
  for (int i = 0; i < 3; ++i) {
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n");
    clock.advance(limits.request_timeout - 1ms);
    client.send("hi");
    EXPECT_EQ(client.reply().status, 200);
    clock.advance(limits.idle_timeout - 1ms);
    loop.poll();
  }
}

struct Gate {
  Task<Response> wait(Request&) {
    ++waiting;
    while (!open) co_await timer->wait(1h);
    co_return json_response(200, "{}");
  }
  Handler handler() {
    return [this](Request& request) { return wait(request); };
  }
  void let_through() {
    open = true;
    timer->wake();
  }
  std::unique_ptr<Timer> timer;
  int waiting = 0;
  bool open = false;
};

TEST_F(ServerTest, AHandlerMayTakeItsTime) {
  Gate gate{.timer = clock.make_timer(loop.executor())};
  start(gate.handler());
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  loop.until([&] { return gate.waiting == 1; });
  clock.advance(10min);
  loop.poll();
  gate.let_through();
  EXPECT_EQ(client.reply().status, 200);
}

Task<Response> huge_answer(Request&) { co_return json_response(200, std::string(32U << 20U, 'x')); }

TEST_F(ServerTest, AReaderThatTakesNothingIsCutOff) {
  start(huge_answer);
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(clock.until_next(), limits.write_timeout);
  clock.advance(limits.write_timeout / 2);
  client.read_until([&] { return client.received().size() > (8U << 20U); });
  loop.poll();
  clock.advance(limits.write_timeout / 2 + 1ms);
  loop.poll();
  EXPECT_EQ(server->connections(), 1U) << "what it took bought it time";
  clock.advance(limits.write_timeout);
  loop.until([this] { return server->connections() == 0; });
}

TEST_F(ServerTest, OneConnectionTooManyIsTurnedAwayAndTheOthersGoOn) {
  LogCapture log;
  limits.connections = 2;
  start();
  auto first = connect();
  auto second = connect();
  loop.until([this] { return server->connections() == 2; });
  auto third = connect();
  third.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const Reply reply = third.reply();
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(error_code_of(reply), "too_many_connections");
  EXPECT_NE(reply.header("Retry-After"), "");
  EXPECT_EQ(reply.header("Connection"), "close");
  third.finish_sending();
  EXPECT_TRUE(third.ended());
  EXPECT_TRUE(log.has_line("connections turned away", "client=127.0.0.1 count=1 connections=2")) << log.text();

  first.close();
  loop.until([this] { return server->connections() == 1; });
  auto fourth = connect();
  fourth.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(fourth.reply().status, 200);
  second.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(second.reply().status, 200);
}

TEST_F(ServerTest, AFloodOverTheLimitIsBoundedAndSaidOnce) {
  LogCapture log;
  limits.connections = 1;
  start();
  auto first = connect();
  loop.until([this] { return server->connections() == 1; });
  std::vector<RawClient> flood;
  flood.reserve(200);
  for (int i = 0; i < 200; ++i) flood.push_back(connect());
  loop.poll();
  int told = 0;
  for (RawClient& client : flood) {
    client.finish_sending();
    told += client.reply().status == 503 ? 1 : 0;
  }
  EXPECT_GE(told, 64);
  EXPECT_EQ(
      std::ranges::count_if(log.lines(), [](const auto& line) { return line.contains("connections turned away"); }), 1);
  first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(first.reply().status, 200);
}

// Lowers the limit on descriptors to what is in use, for as long as it lives.
class NoFreeDescriptors {
 public:
  NoFreeDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit now = before_;
    now.rlim_cur = static_cast<rlim_t>(UniqueFd(::dup(0)).get());
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
  NoFreeDescriptors(const NoFreeDescriptors&) = delete;
  NoFreeDescriptors& operator=(const NoFreeDescriptors&) = delete;
  ~NoFreeDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(ServerTest, WithoutAFreeDescriptorItWaitsAndSaysSoOnce) {
#ifdef __has_feature
#if __has_feature(address_sanitizer)
  GTEST_SKIP() << "the sanitizer itself needs descriptors to look at memory";
#endif
#endif
  LogCapture log;
  start();
  loop.poll();
  asio::ip::tcp::socket socket(loop.context(), asio::ip::tcp::v4());
  {
    const NoFreeDescriptors none;
    socket.connect(server->local_endpoints().at(0));
    loop.until([&] { return log.has_line("cannot accept connections"); });
    // Paused, not spinning: the loop has nothing to do until time passes.
    loop.poll();
    for (int i = 0; i < 10; ++i) {
      clock.advance(200ms);
      loop.poll();
    }
    EXPECT_EQ(log.lines().size(), 1U) << log.text();
    EXPECT_EQ(server->connections(), 0U);
  }
  clock.advance(200ms);
  loop.until([this] { return server->connections() == 1; });
}

}  // namespace
}  // namespace crewship
