// The daemon in a network of the test's own (own_network.hpp), with a name server and with peers that behave as the
// test says. Skips where the system forbids such a network.
#pragma once

#include <list>
#include <memory>

#include <boost/asio/ssl/context.hpp>
#include <support/dns_server.hpp>
#include <support/tcp_peer.hpp>

#include "e2e/daemon.hpp"
#include "loop_thread.hpp"
#include "own_network.hpp"

namespace crewship::testing_support {

class StrangeNetwork : public DaemonTest {
 protected:
  static void SetUpTestSuite() { enter_own_network(); }
  void SetUp() override {
    if (!enter_own_network().empty()) GTEST_SKIP() << "no network of its own: " << enter_own_network();
    loop_.on_loop([this] { dns_ = std::make_unique<DnsServer>(loop_.executor(), "127.0.0.1", 53); });
  }
  void TearDown() override {
    DaemonTest::TearDown();
    loop_.stop();
  }

  void name(const std::string& host, DnsServer::Entry entry) {
    loop_.on_loop([&] { dns_->set(host, std::move(entry)); });
  }
  // At every address of the network, unless one is given.
  TcpPeer& serve(TcpPeer::Script script, std::uint16_t port = 0, asio::ssl::context* tls = nullptr) {
    return loop_.on_loop([&]() -> TcpPeer& {
      return *peers_.emplace_back(std::make_unique<TcpPeer>(loop_.executor(), std::move(script), tls, "::", port));
    });
  }
  TcpPeer::Seen seen(const TcpPeer& peer) {
    return loop_.on_loop([&peer] { return peer.seen(); });
  }

  // Must succeed; the new webhook's id.
  std::string subscribe_to(const Crew& crew, const std::string& url) {
    return daemon_->subscribe(crew, url)["id"].get<std::string>();
  }
  // All deliveries of a webhook, with their attempts, when there are so many and none is pending.
  std::vector<Json> ended_deliveries(const std::string& webhook, std::size_t count) {
    const Json list =
        daemon_->wait_for("/v1/outgoing-webhooks/" + webhook + "/deliveries?limit=100", [&](const Json& body) {
          return body["deliveries"].size() == count &&
                 std::ranges::none_of(body["deliveries"], [](const Json& one) { return one["status"] == "pending"; });
        });
    std::vector<Json> deliveries;
    for (const Json& one : list["deliveries"]) {
      deliveries.push_back(daemon_->get("/v1/deliveries/" + one.value("id", "")).json());
    }
    return deliveries;
  }

  LoopThread loop_;  // outlives what lives on it
  std::unique_ptr<DnsServer> dns_;
  std::list<std::unique_ptr<TcpPeer>> peers_;
};

}  // namespace crewship::testing_support
