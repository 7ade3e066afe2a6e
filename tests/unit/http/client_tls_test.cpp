// TLS: which certificates are believed, and what is said of the others.
#include <fstream>

#include "client_fixture.hpp"
#include "support/certificates.hpp"
#include "support/dns_server.hpp"
#include "support/temp_dir.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class ClientTlsTest : public ClientTest {
 protected:
  ClientTlsTest() {
    const std::string authorities = (directory / "authorities.pem").string();
    authority.write(authorities);
    ::setenv("SSL_CERT_FILE", authorities.c_str(), 1);
    std::ofstream(directory / "resolv.conf") << "nameserver 127.0.0.1\n";
    for (const char* const name : {"hooks.test", "other.test", "a.wild.test", "b.a.wild.test", "abc.wild.test"}) {
      dns.set(name, {{"127.0.0.1"}});
    }
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

  TcpPeer& serve_tls(const CertificateRequest& request, TcpPeer::Script script = answer_ok) {
    contexts.push_back(std::make_unique<asio::ssl::context>(authority.server_context(request)));
    return serve(std::move(script), contexts.back().get());
  }

  Answer post_to(const std::string& name, const TcpPeer& peer) {
    return post("https://" + name + ":" + std::to_string(peer.port()) + "/");
  }

  // What is said when the certificate is not believed.
  std::string refusal(const std::string& name, const CertificateRequest& request) {
    const Answer answer = post_to(name, serve_tls(request));
    if (answer) return "the certificate was believed";
    EXPECT_EQ(answer.error().failure, ClientFailure::tls);
    return answer.error().message;
  }

  TempDir directory;
  CertificateAuthority authority;
  DnsServer dns{loop.executor()};
  std::vector<std::unique_ptr<asio::ssl::context>> contexts;
};

TEST_F(ClientTlsTest, BelievesACertificateForTheNameAndSendsTheName) {
  TcpPeer& peer = serve_tls({});
  for (const std::string name : {"hooks.test", "hooks.test."}) {
    const Answer answer = post_to(name, peer);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "ok");
  }
  EXPECT_EQ(peer.seen().connections, 1U) << "the connection was not used again";
  EXPECT_THAT(peer.seen().server_names, testing::ElementsAre("hooks.test"));
}

TEST_F(ClientTlsTest, BelievesACertificateForAnAddress) {
  TcpPeer& peer = serve_tls({.alternative_names = "IP:127.0.0.1"});
  const Answer answer = post_to("127.0.0.1", peer);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(peer.seen().server_names, testing::ElementsAre(""));
}

TEST_F(ClientTlsTest, BelievesACertificateForAnIpv6Address) {
  contexts.push_back(std::make_unique<asio::ssl::context>(authority.server_context({.alternative_names = "IP:::1"})));
  try {
    peers.push_back(std::make_unique<TcpPeer>(loop.executor(), answer_ok, contexts.back().get(), "::1"));
  } catch (const boost::system::system_error&) {
    GTEST_SKIP() << "this machine has no IPv6";
  }
  const Answer answer = post(peers.back()->url());
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "ok");
}

TEST_F(ClientTlsTest, AWildcardStandsForOneWholeLabel) {
  EXPECT_TRUE(post_to("a.wild.test", serve_tls({.alternative_names = "DNS:*.wild.test"})));
  EXPECT_THAT(refusal("b.a.wild.test", {.alternative_names = "DNS:*.wild.test"}), HasSubstr("hostname mismatch"));
  EXPECT_THAT(refusal("abc.wild.test", {.alternative_names = "DNS:a*.wild.test"}), HasSubstr("hostname mismatch"));
}

TEST_F(ClientTlsTest, SaysWhyACertificateIsNotBelieved) {
  EXPECT_EQ(refusal("hooks.test", {.valid_from = -7200, .valid_until = -3600}),
            "certificate verify failed: certificate has expired");
  EXPECT_EQ(refusal("hooks.test", {.valid_from = 3600, .valid_until = 7200}),
            "certificate verify failed: certificate is not yet valid");
  EXPECT_EQ(refusal("hooks.test", {.self_signed = true}), "certificate verify failed: self-signed certificate");
  EXPECT_EQ(refusal("other.test", {}), "certificate verify failed: hostname mismatch");
  EXPECT_EQ(refusal("127.0.0.1", {}), "certificate verify failed: IP address mismatch");
  EXPECT_EQ(refusal("127.0.0.1", {.alternative_names = "DNS:127.0.0.1"}),
            "certificate verify failed: IP address mismatch");
  EXPECT_EQ(refusal("127.0.0.1", {.alternative_names = "IP:127.0.0.2"}),
            "certificate verify failed: IP address mismatch");
}

TEST_F(ClientTlsTest, SendsNothingToAServerThatIsNotBelieved) {
  bool spoken_to = false;
  TcpPeer& peer = serve_tls({.self_signed = true}, [&spoken_to](PeerConnection& connection) {
    spoken_to = true;
    return answer_ok(connection);
  });
  EXPECT_FALSE(post_to("hooks.test", peer));
  loop.until([&] { return peer.seen().connections == 1 && peer.seen().open == 0; });
  EXPECT_FALSE(spoken_to);
}

TEST_F(ClientTlsTest, SpeaksNothingOlderThanTls12) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TcpPeer& peer = serve_tls({});
    SSL_CTX_set_min_proto_version(contexts.back()->native_handle(), version);
    SSL_CTX_set_max_proto_version(contexts.back()->native_handle(), version);
    EXPECT_TRUE(post_to("hooks.test", peer));
  }
  TcpPeer& old = serve_tls({});
  SSL_CTX* const native = contexts.back()->native_handle();
  SSL_CTX_set_security_level(native, 0);
  SSL_CTX_set_min_proto_version(native, TLS1_1_VERSION);
  SSL_CTX_set_max_proto_version(native, TLS1_1_VERSION);
  const Answer answer = post_to("hooks.test", old);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, ClientFailure::tls);
  EXPECT_THAT(answer.error().message, HasSubstr("protocol version"));
}

Task<void> refuse_the_handshake(PeerConnection& connection) {
  co_await connection.read_more();
  co_await connection.write("HTTP/1.1 400 Bad Request\r\n\r\n");
}
Task<void> close_in_the_handshake(PeerConnection& connection) { co_await connection.read_more(); }
Task<void> reset_in_the_handshake(PeerConnection& connection) {
  co_await connection.read_more();
  connection.reset();
}
Task<void> swallow_the_handshake(PeerConnection& connection) { co_await connection.until_closed(); }

TEST_F(ClientTlsTest, SaysHowAHandshakeFailed) {
  for (const auto& [script, words] :
       std::vector<std::pair<TcpPeer::Script, std::string>>{{refuse_the_handshake, "wrong version number"},
                                                            {close_in_the_handshake, "the connection was closed"},
                                                            {reset_in_the_handshake, "Connection reset by peer"}}) {
    const Answer answer = post_to("hooks.test", serve(script));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().failure, ClientFailure::tls);
    EXPECT_THAT(answer.error().message, testing::AllOf(StartsWith("TLS handshake with 127.0.0.1:"), HasSubstr(words)));
  }
}

TEST_F(ClientTlsTest, TheHandshakeIsPartOfTheTime) {
  TcpPeer& peer = serve(swallow_the_handshake);
  const auto pending = start(request_to("https://hooks.test:" + std::to_string(peer.port()) + "/"));
  loop.until([&] { return peer.seen().open == 1; });
  loop.poll();
  clock.advance(std::chrono::seconds(30));
  const Answer answer = finish(pending);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, ClientFailure::timeout);
  EXPECT_THAT(answer.error().message, HasSubstr("still in the TLS handshake with 127.0.0.1:"));
}

Task<void> answer_without_a_goodbye(PeerConnection& connection) {
  co_await connection.read_request();
  co_await connection.write("HTTP/1.1 200 OK\r\n\r\nuntil the end");
}

TEST_F(ClientTlsTest, ReadsABodyThatEndsWithoutTheProtocolsGoodbye) {
  const Answer answer = post_to("hooks.test", serve_tls({}, answer_without_a_goodbye));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "until the end");
}

}  // namespace
}  // namespace crewship
