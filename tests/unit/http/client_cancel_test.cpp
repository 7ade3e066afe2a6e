// A post that is cancelled ends by throwing, wherever it was, and leaves neither a socket nor work behind.
#include <fstream>

#include "client_fixture.hpp"
#include "support/dns_server.hpp"
#include "support/temp_dir.hpp"

namespace crewship {
namespace {

class ClientCancelTest : public ClientTest {
 protected:
  ClientCancelTest() {
    std::ofstream(directory / "resolv.conf") << "nameserver 127.0.0.1\n";
    ClientOptions options;
    options.dns.resolv_conf = directory / "resolv.conf";
    options.dns.port = dns.port();
    make_client(std::move(options));
  }

  void TearDown() override {
    client.reset();
    dns.close();
    ClientTest::TearDown();
  }

  void cancel_and_expect_the_end(const std::shared_ptr<Pending>& pending) {
    pending->cancel.emit(asio::cancellation_type::terminal);
    loop.until([&] { return pending->settled(); });
    ASSERT_TRUE(pending->failure) << "it ended with an answer";
    try {
      std::rethrow_exception(pending->failure);
    } catch (const boost::system::system_error& error) {
      EXPECT_EQ(error.code(), asio::error::operation_aborted);
    }
    loop.poll();
    EXPECT_EQ(clock.waiting(), timers_before_) << "its deadline is still waited for";
  }

  // A post under way waits for its deadline, and the pool for what is idle.
  std::shared_ptr<Pending> start_and_count(ClientRequest request) {
    loop.poll();
    timers_before_ = clock.waiting();
    return start(std::move(request));
  }

  TempDir directory;
  DnsServer dns{loop.executor()};

 private:
  std::size_t timers_before_ = 0;
};

TEST_F(ClientCancelTest, WhileTheNameIsLookedUp) {
  dns.set("silent.test", {{}, DnsServer::Mood::silent});
  const auto pending = start_and_count(request_to("http://silent.test/"));
  loop.until([&] { return !dns.asked().empty(); });
  cancel_and_expect_the_end(pending);
  // The look-up that was given up does not spoil the next one of the same name.
  TcpPeer& peer = serve(answer_ok);
  dns.set("silent.test", {{"127.0.0.1"}});
  EXPECT_EQ(post("http://silent.test:" + std::to_string(peer.port()) + "/")->body, "ok");
}

TEST_F(ClientCancelTest, BeforeItHasBegun) {
  const auto descriptors = open_descriptors();
  const auto pending = start_and_count(request_to(serve(answer_ok).url()));
  cancel_and_expect_the_end(pending);
  loop.poll();
  EXPECT_EQ(open_descriptors(), descriptors + 1);  // the peer's own
}

Task<void> keep_silent(PeerConnection& connection) { co_await connection.until_closed(); }

TEST_F(ClientCancelTest, InTheTlsHandshake) {
  TcpPeer& peer = serve(keep_silent);
  const auto descriptors = open_descriptors();
  const auto pending = start_and_count(request_to("https://127.0.0.1:" + std::to_string(peer.port()) + "/"));
  loop.until([&] { return peer.seen().open == 1; });
  loop.poll();
  cancel_and_expect_the_end(pending);
  loop.until([&] { return peer.seen().open == 0; });
  EXPECT_EQ(open_descriptors(), descriptors);
}

// Reads nothing, so that the request cannot be written to its end.
Task<void> turn_away(PeerConnection& connection) {
  co_await connection.socket().async_wait(asio::socket_base::wait_error, PeerConnection::as_values);
}

TEST_F(ClientCancelTest, WhileTheRequestIsWritten) {
  TcpPeer& peer = serve(turn_away);
  const auto descriptors = open_descriptors();
  const auto pending = start_and_count(request_to(peer.url(), std::string(64'000'000, 'x')));
  loop.until([&] { return peer.seen().open == 1; });
  loop.poll();
  cancel_and_expect_the_end(pending);
  peer.close();
  loop.until([&] { return peer.seen().open == 0; });
  EXPECT_EQ(open_descriptors(), descriptors - 1);
}

TEST_F(ClientCancelTest, WhileItWaitsForTheAnswer) {
  TcpPeer& peer = serve(read_and_keep_silent);
  const auto descriptors = open_descriptors();
  const auto pending = start_and_count(request_to(peer.url()));
  loop.until([&] { return peer.seen().open == 1; });
  loop.poll();
  cancel_and_expect_the_end(pending);
  loop.until([&] { return peer.seen().open == 0; });
  EXPECT_EQ(open_descriptors(), descriptors);
}

Task<void> answer_half(PeerConnection& connection) {
  co_await connection.read_request();
  co_await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  co_await connection.until_closed();
}

TEST_F(ClientCancelTest, WhileTheBodyIsRead) {
  TcpPeer& peer = serve(answer_half);
  const auto pending = start_and_count(request_to(peer.url()));
  loop.until([&] { return peer.seen().open == 1; });
  loop.poll();
  cancel_and_expect_the_end(pending);
  loop.until([&] { return peer.seen().open == 0; });
}

Task<void> answer_the_first_only(PeerConnection& connection) {
  co_await connection.read_request();
  co_await connection.write(ok_answer);
  co_await connection.until_closed();
}

TEST_F(ClientCancelTest, OnAConnectionThatIsUsedAgain) {
  TcpPeer& peer = serve(answer_the_first_only);
  EXPECT_EQ(post(peer.url())->body, "ok");
  const auto pending = start_and_count(request_to(peer.url()));
  loop.poll();
  cancel_and_expect_the_end(pending);
  loop.until([&] { return peer.seen().open == 0; });
  EXPECT_EQ(peer.seen().connections, 1U);
}

}  // namespace
}  // namespace crewship
