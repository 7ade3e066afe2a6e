// Clients that hold on to connections: slow heads, slow bodies, readers that take nothing, thousands that are idle.
// Beside them real work goes on, and each of them is ended at its time limit.
#include <algorithm>
#include <vector>

#include <sys/resource.h>
#include <sys/socket.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/daemon.hpp"
#include "e2e/raw_connection.hpp"
#include "e2e/receiver.hpp"

namespace crewship::testing_support {
namespace {

constexpr std::size_t crowd = 5000;

class SlowClients : public DaemonTest {
 protected:
  // Both ends of the crowd's connections are descriptors; the daemon inherits the limit.
  static void SetUpTestSuite() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4 * crowd);
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  std::vector<RawConnection> connect(std::size_t count, std::string_view first = "") {
    std::vector<RawConnection> connections;
    connections.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      connections.emplace_back(*daemon_);
      if (!first.empty()) connections.back().send(first);
    }
    return connections;
  }
  // Runs, and their deliveries to a receiver, as ever.
  void expect_work_goes_on(const Crew& crew, Receiver& receiver) {
    const std::size_t before = receiver.received().size();
    for (int run = 0; run < 20; ++run) daemon_->run_once(crew);
    EXPECT_EQ(receiver.wait_for(before + 20).size(), before + 20);
  }
  std::size_t connections() const {
    const std::string metrics = curl({.url = daemon_->url() + "/metrics"}).body;
    const std::string name = "\ncrewship_http_connections ";
    return std::stoul(metrics.substr(metrics.find(name) + name.size()));
  }
};

TEST_F(SlowClients, ThousandsThatAreIdleHoldNobodyUp) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < crowd + 500) GTEST_SKIP() << "this system allows " << files.rlim_cur << " open files";
  start({.config = {{"limits", {{"connections", crowd + 100}, {"request_timeout", "10m"}, {"idle_timeout", "10m"}}}}});
  const Crew crew = daemon_->make_crew(builtin_echo());
  Receiver receiver;
  daemon_->subscribe(crew, receiver.url());
  auto silent = connect(crowd / 2);
  auto half = connect(crowd / 2, "POST /webhooks/runs/x HTTP/1.1\r\nHost: a\r\nX-Slow: ");
  EXPECT_TRUE(daemon_->eventually([&] { return connections() >= crowd; }));
  expect_work_goes_on(crew, receiver);
  EXPECT_GE(connections(), crowd) << "the crowd is still there";
  for (auto* some : {&half.front(), &half.back()}) {
    some->send("y\r\n\r\n");
    EXPECT_EQ(some->answer().status, 404);
  }
  silent.back().send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(silent.back().answer().status, 200);
}

TEST_F(SlowClients, AreEndedAtTheirTimeLimits) {
  start({.config = {{"limits", {{"request_timeout", "500ms"}, {"idle_timeout", "500ms"}}}}});
  const Crew crew = daemon_->make_crew(builtin_echo());
  auto silent = connect(20);
  auto slow_head = connect(20, "POST " + crew.path + " HTTP/1.1\r\nHost: a\r\nX: ");
  auto slow_body = connect(20, trigger_request(crew, std::string(1000, 'x')).substr(0, 200));
  auto slow_chunks =
      connect(20, "POST " + crew.path + " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
  for (auto& connection : silent) EXPECT_TRUE(connection.closed_by_peer());
  for (auto* connections : {&slow_head, &slow_body, &slow_chunks}) {
    for (auto& connection : *connections) {
      EXPECT_EQ(connection.answer().status, 408);
      EXPECT_TRUE(connection.closed_by_peer());
    }
  }
  EXPECT_EQ(daemon_->get("/v1/runs").json()["runs"].size(), 0u);
}

// A reader that takes no byte of its answers while it asks for more and more of them.
TEST_F(SlowClients, WhoReadsNothingIsNotAnsweredWithoutEnd) {
  start();
  const Crew crew = daemon_->make_crew(builtin_echo());
  Receiver receiver;
  daemon_->subscribe(crew, receiver.url());
  std::string requests;
  for (int i = 0; i < 200; ++i) requests += "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n";
  auto takers_of_nothing = connect(20);
  for (auto& connection : takers_of_nothing) {
    const int small = 4096;
    ::setsockopt(connection.socket().get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    ::send(connection.socket().get(), requests.data(), requests.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  expect_work_goes_on(crew, receiver);
}

}  // namespace
}  // namespace crewship::testing_support
