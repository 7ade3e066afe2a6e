// Names: what is looked up and how, and that only an address the guard has seen is dialled.
#include <fstream>

#include "client_fixture.hpp"
#include "support/dns_server.hpp"
#include "support/temp_dir.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;

class ClientDnsTest : public ClientTest {
 protected:
  ClientDnsTest() { configure("nameserver 127.0.0.1\n"); }

  void TearDown() override {
    client.reset();
    dns.close();
    ClientTest::TearDown();
  }

  void configure(const std::string& text) { std::ofstream(directory / "resolv.conf") << text; }

  // The client asks this test's name server.
  HttpClient& make_dns_client(std::chrono::milliseconds try_timeout = std::chrono::seconds(2)) {
    ClientOptions options;
    options.dns = {.resolv_conf = directory / "resolv.conf", .port = dns.port(), .try_timeout = try_timeout};
    return make_client(std::move(options));
  }

  static std::string url_of(const std::string& name, const TcpPeer& peer) {
    return "http://" + name + ":" + std::to_string(peer.port()) + "/";
  }

  TempDir directory;
  DnsServer dns{loop.executor()};
};

std::optional<std::string> refuse_all_but_2(const asio::ip::address& address) {
  if (address == asio::ip::make_address("127.0.0.2")) return std::nullopt;
  return "not the second; see delivery.allow";
}

TEST_F(ClientDnsTest, DialsTheAddressOfAName) {
  make_dns_client();
  TcpPeer& peer = serve(answer_ok);
  dns.set("hooks.test", {{"127.0.0.1"}});
  const Answer answer = post(url_of("Hooks.TEST", peer));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "ok");
}

TEST_F(ClientDnsTest, SaysThatANameDoesNotExist) {
  make_dns_client();
  const Answer answer = post("http://nowhere.test/");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, ClientFailure::resolve);
  EXPECT_EQ(answer.error().message, "cannot resolve nowhere.test: name not found");
}

TEST_F(ClientDnsTest, SaysWhatIsWrongWithTheNameServer) {
  make_dns_client(std::chrono::milliseconds(10));
  dns.set("empty.test", {{}});
  dns.set("broken.test", {{}, DnsServer::Mood::fails});
  dns.set("closed.test", {{}, DnsServer::Mood::refuses});
  dns.set("silent.test", {{}, DnsServer::Mood::silent});
  EXPECT_EQ(post("http://empty.test/").error().message, "cannot resolve empty.test: the name has no address");
  EXPECT_EQ(post("http://broken.test/").error().message,
            "cannot resolve broken.test: every name server failed, refused or could not be reached");
  EXPECT_EQ(post("http://closed.test/").error().message,
            "cannot resolve closed.test: every name server failed, refused or could not be reached");
  EXPECT_EQ(post("http://silent.test/").error().message, "cannot resolve silent.test: no name server answered");
}

TEST_F(ClientDnsTest, ANameServerThatIsSilentHoldsUpNobodyElse) {
  make_dns_client();
  TcpPeer& peer = serve(answer_ok);
  dns.set("silent.test", {{}, DnsServer::Mood::silent});
  dns.set("hooks.test", {{"127.0.0.1"}});
  std::vector<std::shared_ptr<Pending>> stalled;
  for (int i = 0; i < 50; ++i) stalled.push_back(start(request_to("http://silent.test/")));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(post(url_of("hooks.test", peer))->body, "ok");
  clock.advance(std::chrono::seconds(30));
  for (const auto& one : stalled) {
    const Answer answer = finish(one);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().failure, ClientFailure::timeout);
    EXPECT_EQ(answer.error().message, "no answer within 30 s (still looking up silent.test)");
  }
  EXPECT_EQ(post(url_of("hooks.test", peer))->body, "ok");
}

TEST_F(ClientDnsTest, ALostPacketIsAskedAgain) {
  make_dns_client(std::chrono::milliseconds(20));
  TcpPeer& peer = serve(answer_ok);
  dns.set("lossy.test", {{"127.0.0.1"}, DnsServer::Mood::silent});
  const auto pending = start(request_to(url_of("lossy.test", peer)));
  loop.until([&] { return dns.asked().size() >= 2; });
  dns.set("lossy.test", {{"127.0.0.1"}});
  EXPECT_EQ(finish(pending)->body, "ok");
}

TEST_F(ClientDnsTest, AsksAnewForEachPost) {
  make_dns_client();
  TcpPeer& one = serve(answer_ok);
  const TcpPeer other(loop.executor(), answer_ok, nullptr, "127.0.0.2", one.port());
  dns.set("moving.test", {{"127.0.0.1"}});
  post(url_of("moving.test", one));
  dns.set("moving.test", {{"127.0.0.2"}});
  EXPECT_EQ(post(url_of("moving.test", one))->body, "ok");
  EXPECT_EQ(one.seen().connections, 1U);
  EXPECT_EQ(other.seen().connections, 1U) << "a connection to an address that is no longer the name's was used again";
  EXPECT_EQ(std::ranges::count(dns.asked(), "moving.test"), 4);  // A and AAAA, twice
}

TEST_F(ClientDnsTest, ANameThatLeadsInsideIsRefusedAndNothingIsSentThere) {
  make_dns_client();
  TcpPeer& trap = serve(answer_ok);
  guard = [](const asio::ip::address& address) -> std::optional<std::string> {
    if (!address.is_loopback()) return std::nullopt;
    return "a loopback address; see delivery.allow";
  };
  dns.set("inside.test", {{"127.0.0.1"}});
  Answer answer = post(url_of("inside.test", trap));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, ClientFailure::refused_by_guard);
  EXPECT_EQ(answer.error().message,
            "refused to connect to 127.0.0.1 (inside.test): a loopback address; see delivery.allow");

  answer = post(trap.url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message, "refused to connect to 127.0.0.1: a loopback address; see delivery.allow");
  answer = post("http://[::1]:" + std::to_string(trap.port()) + "/");
  EXPECT_EQ(answer.error().message, "refused to connect to ::1: a loopback address; see delivery.allow");
  loop.poll();
  EXPECT_EQ(trap.seen().connections, 0U);
}

TEST_F(ClientDnsTest, OfMixedAddressesOnlyTheAllowedAreDialled) {
  make_dns_client();
  guard = refuse_all_but_2;
  TcpPeer& trap = serve(answer_ok);
  const TcpPeer allowed(loop.executor(), answer_ok, nullptr, "127.0.0.2", trap.port());
  dns.set("mixed.test", {{"127.0.0.1", "::1", "127.0.0.2", "127.0.0.3"}});
  const Answer answer = post(url_of("mixed.test", trap));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(trap.seen().connections, 0U);
  EXPECT_EQ(allowed.seen().connections, 1U);

  dns.set("mixed.test", {{"127.0.0.1", "127.0.0.3"}});
  EXPECT_THAT(post(url_of("mixed.test", trap)).error().message,
              testing::AllOf(HasSubstr("refused to connect to 127.0.0.1 (mixed.test)"), HasSubstr("127.0.0.3")));
}

TEST_F(ClientDnsTest, TriesTheNextAddressWhenOneRefuses) {
  make_dns_client();
  const TcpPeer second(loop.executor(), answer_ok, nullptr, "127.0.0.2");
  dns.set("two.test", {{"127.0.0.1", "127.0.0.2"}});
  EXPECT_EQ(post(url_of("two.test", second))->body, "ok");

  dns.set("two.test", {{"127.0.0.3", "127.0.0.4"}});
  const Answer answer = post(url_of("two.test", second));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, ClientFailure::connect);
  EXPECT_THAT(answer.error().message, testing::AllOf(HasSubstr("connection refused by 127.0.0.3:"),
                                                     HasSubstr("connection refused by 127.0.0.4:")));
}

TEST_F(ClientDnsTest, LooksInTheHostsFileAndInSearchDomains) {
  make_dns_client();
  TcpPeer& peer = serve(answer_ok);
  EXPECT_EQ(post(url_of("localhost", peer))->body, "ok");
  EXPECT_THAT(dns.asked(), testing::IsEmpty());

  configure("nameserver 127.0.0.1\nsearch corp.test\n");
  make_dns_client();
  dns.set("hooks.corp.test", {{"127.0.0.1"}});
  EXPECT_EQ(post(url_of("hooks", peer))->body, "ok");
  const Answer rooted = post(url_of("hooks.", peer));
  ASSERT_FALSE(rooted);
  EXPECT_EQ(rooted.error().message, "cannot resolve hooks: name not found");
}

TEST_F(ClientDnsTest, FollowsResolvConf) {
  make_dns_client();
  TcpPeer& peer = serve(answer_ok);
  DnsServer other(loop.executor(), "127.0.0.2", dns.port());
  other.set("new.test", {{"127.0.0.1"}});
  EXPECT_EQ(post(url_of("new.test", peer)).error().failure, ClientFailure::resolve);

  configure("nameserver 127.0.0.2\n");
  std::filesystem::last_write_time(directory / "resolv.conf",
                                   std::filesystem::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_EQ(post(url_of("new.test", peer))->body, "ok");
}

TEST_F(ClientDnsTest, ClosingEndsWhatIsLookedUp) {
  make_dns_client();
  dns.set("silent.test", {{}, DnsServer::Mood::silent});
  const auto pending = start(request_to("http://silent.test/"));
  loop.until([&] { return !dns.asked().empty(); });
  client->close();
  EXPECT_EQ(finish(pending).error().message, "cannot resolve silent.test: the look-up was ended");
  EXPECT_EQ(post("http://silent.test/").error().failure, ClientFailure::resolve);
}

}  // namespace
}  // namespace crewship
