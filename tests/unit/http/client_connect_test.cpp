// Addresses that swallow everything: a listener whose queue is full lets the kernel drop what comes, as a firewall
// would.
#include <fstream>

#include "client_fixture.hpp"
#include "support/dns_server.hpp"
#include "support/temp_dir.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;

class BlackHole {
 public:
  BlackHole(RunLoop& loop, const std::string& address, std::uint16_t port = 0)
      : loop_(loop), acceptor_(loop.executor()) {
    const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(address), port);
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.bind(endpoint);
    acceptor_.listen(0);
    fill();
  }
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;

  void close() { fillers_.clear(); }
  bool swallows() const { return swallows_; }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  void fill() {
    for (int i = 0; i < 16 && !swallows_; ++i) {
      const auto answered = std::make_shared<bool>(false);
      fillers_.push_back(std::make_unique<asio::ip::tcp::socket>(loop_.executor()));
      fillers_.back()->async_connect(acceptor_.local_endpoint(),
                                     [answered](const boost::system::error_code&) { *answered = true; });
      loop_.poll();
      swallows_ = !*answered;
    }
  }

  RunLoop& loop_;
  asio::ip::tcp::acceptor acceptor_;
  std::vector<std::unique_ptr<asio::ip::tcp::socket>> fillers_;
  bool swallows_ = false;
};

class ClientConnectTest : public ClientTest {
 protected:
  ClientConnectTest() {
    std::ofstream(directory / "resolv.conf") << "nameserver 127.0.0.1\n";
    ClientOptions options;
    options.dns.resolv_conf = directory / "resolv.conf";
    options.dns.port = dns.port();
    make_client(std::move(options));
  }

  void SetUp() override {
    if (!hole.swallows()) GTEST_SKIP() << "this kernel lets connections in although the queue is full";
  }
  void TearDown() override {
    client.reset();
    dns.close();
    hole.close();
    ClientTest::TearDown();
  }

  std::string hole_url(const std::string& host) const { return "http://" + host + ":" + std::to_string(hole.port()); }

  // Until the post waits for its connection: its timers are set then.
  void until_connecting(std::size_t timers) {
    loop.until([&] { return clock.waiting() == timers; });
    loop.poll();
  }

  TempDir directory;
  DnsServer dns{loop.executor()};
  BlackHole hole{loop, "127.0.0.2"};
};

TEST_F(ClientConnectTest, GivesUpWhenTheTimeIsUp) {
  const auto pending = start(request_to(hole_url("127.0.0.2")));
  until_connecting(1);
  clock.advance(std::chrono::milliseconds(29'999));
  loop.poll();
  EXPECT_FALSE(pending->settled());
  clock.advance(std::chrono::milliseconds(1));
  const Answer answer = finish(pending);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, ClientFailure::timeout);
  EXPECT_EQ(answer.error().message,
            "no answer within 30 s (still connecting to 127.0.0.2:" + std::to_string(hole.port()) + ")");
}

TEST_F(ClientConnectTest, LeavesTimeForTheNextAddress) {
  const TcpPeer healthy(loop.executor(), answer_ok, nullptr, "127.0.0.1", hole.port());
  dns.set("half.test", {{"127.0.0.2", "127.0.0.1"}});
  const auto pending = start(request_to(hole_url("half.test")));
  until_connecting(2);
  clock.advance(std::chrono::seconds(15));
  const Answer answer = finish(pending);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "ok");
}

TEST_F(ClientConnectTest, SaysWhichAddressesDidNotAnswer) {
  dns.set("dead.test", {{"127.0.0.2", "127.0.0.3"}});
  const auto pending = start(request_to(hole_url("dead.test")));
  until_connecting(2);
  clock.advance(std::chrono::seconds(15));
  EXPECT_THAT(finish(pending).error().message,
              testing::AllOf(HasSubstr("127.0.0.2:" + std::to_string(hole.port()) + " did not answer"),
                             HasSubstr("connection refused by 127.0.0.3:")));
}

TEST_F(ClientConnectTest, CanBeCancelledMeanwhile) {
  const auto descriptors = open_descriptors();
  const auto pending = start(request_to(hole_url("127.0.0.2")));
  until_connecting(1);
  pending->cancel.emit(asio::cancellation_type::terminal);
  EXPECT_THROW(finish(pending), boost::system::system_error);
  EXPECT_EQ(open_descriptors(), descriptors);
}

}  // namespace
}  // namespace crewship
