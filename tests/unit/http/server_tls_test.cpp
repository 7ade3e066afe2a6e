// HTTPS: the same server behind TLS, with a certificate made for the test, and what it says of files it cannot use.
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl.hpp>
#include <openssl/ssl.h>

#include "server_fixture.hpp"
#include "support/temp_dir.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;

class ServerTlsTest : public ServerTest {
 protected:
  // One key and certificate for all tests of this file.
  static void SetUpTestSuite() {
    files_ = new TempDir;
    make_certificate("server");
    make_certificate("other");
    run("openssl ec -aes256 -passout pass:secret -in " + path("server.key") + " -out " + path("encrypted.key"));
    std::ofstream(*files_ / "rubbish.pem") << "not a certificate\n";
  }
  static void TearDownTestSuite() { delete files_; }

  static void make_certificate(const std::string& name) {
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost -keyout " +
        path(name + ".key") + " -out " + path(name + ".pem"));
  }
  static void run(const std::string& command) {
    ASSERT_EQ(std::system((command + " 2> /dev/null").c_str()), 0) << command;  // NOLINT(concurrency-mt-unsafe)
  }
  static std::string path(const std::string& name) { return (*files_ / name).string(); }
  static TlsFiles server_files() { return {.certificate_file = path("server.pem"), .key_file = path("server.key")}; }

  std::string refusal_of(const TlsFiles& files) {
    Server other(loop.executor(), clock, ids, limits, echo);
    const auto listening = other.listen({.host = "127.0.0.1", .port = 0}, files);
    return listening ? "" : listening.error().message;
  }

  static TempDir* files_;
};

TempDir* ServerTlsTest::files_ = nullptr;

class TlsClient {
 public:
  TlsClient(RunLoop& loop, const asio::ip::tcp::endpoint& server, const std::string& authority)
      : loop_(loop), stream_(loop.context(), context_) {
    context_.load_verify_file(authority);
    SSL_set_verify(stream_.native_handle(), SSL_VERIFY_PEER, nullptr);
    SSL_set1_host(stream_.native_handle(), "localhost");
    stream_.next_layer().connect(server);
  }

  SSL* native() { return stream_.native_handle(); }

  boost::system::error_code handshake() {
    SSL_CTX_set_default_verify_paths(context_.native_handle());
    boost::system::error_code result;
    bool done = false;
    stream_.async_handshake(asio::ssl::stream_base::client, [&](const boost::system::error_code& error) {
      result = error;
      done = true;
    });
    loop_.until([&done] { return done; });
    return result;
  }

  void send(std::string_view bytes) {
    bool done = false;
    asio::async_write(stream_, asio::buffer(bytes),
                      [&](const boost::system::error_code&, std::size_t) { done = true; });
    loop_.until([&done] { return done; });
  }

  std::string read_until(const std::function<bool(const std::string&)>& enough) {
    std::string received;
    std::array<char, 65536> piece{};
    while (!enough(received)) {
      bool done = false;
      stream_.async_read_some(asio::buffer(piece), [&](const boost::system::error_code& error, std::size_t count) {
        received.append(piece.data(), count);
        end = error;
        done = true;
      });
      loop_.until([&done] { return done; });
      if (end) break;
    }
    return received;
  }

  void close() { stream_.next_layer().close(); }

  boost::system::error_code end;

 private:
  RunLoop& loop_;
  asio::ssl::context context_{asio::ssl::context::tls_client};
  asio::ssl::stream<asio::ip::tcp::socket> stream_;
};

TEST_F(ServerTlsTest, ServesRequestsKeepsAliveAndEndsProperly) {
  TlsClient client(loop, start(echo, "127.0.0.1:0", server_files()), path("server.pem"));
  ASSERT_FALSE(client.handshake());
  client.send("POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_THAT(client.read_until([](const std::string& all) { return all.ends_with("POST /a hi"); }),
              HasSubstr("HTTP/1.1 200 OK"));
  client.send("GET /b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.read_until([](const std::string&) { return false; }), HasSubstr("GET /b"));
  EXPECT_EQ(client.end, asio::error::eof) << "a close_notify, so that the client knows that nothing was cut off";
}

TEST_F(ServerTlsTest, LargeBodiesGoBothWays) {
  TlsClient client(loop, start(echo, "127.0.0.1:0", server_files()), path("server.pem"));
  ASSERT_FALSE(client.handshake());
  const std::string body(1000000, 'x');
  client.send("POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + body);
  client.read_until([&](const std::string& all) { return all.ends_with("POST /a " + body); });
  EXPECT_FALSE(client.end);
}

TEST_F(ServerTlsTest, ChoosesHttpOneOneByAlpn) {
  const auto endpoint = start(echo, "127.0.0.1:0", server_files());
  const std::array<unsigned char, 12> both{2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  TlsClient client(loop, endpoint, path("server.pem"));
  SSL_set_alpn_protos(client.native(), both.data(), both.size());
  ASSERT_FALSE(client.handshake());
  const unsigned char* chosen = nullptr;
  unsigned int length = 0;
  SSL_get0_alpn_selected(client.native(), &chosen, &length);
  EXPECT_EQ(std::string(chosen, chosen + length), "http/1.1");

  const std::array<unsigned char, 3> only_h2{2, 'h', '2'};
  TlsClient modern(loop, endpoint, path("server.pem"));
  SSL_set_alpn_protos(modern.native(), only_h2.data(), only_h2.size());
  EXPECT_TRUE(modern.handshake());
}

TEST_F(ServerTlsTest, SpeaksNothingOlderThanTlsOneTwo) {
  const auto endpoint = start(echo, "127.0.0.1:0", server_files());
  TlsClient old(loop, endpoint, path("server.pem"));
  SSL_set_security_level(old.native(), 0);
  SSL_set_min_proto_version(old.native(), TLS1_VERSION);
  SSL_set_max_proto_version(old.native(), TLS1_1_VERSION);
  EXPECT_TRUE(old.handshake());
  TlsClient current(loop, endpoint, path("server.pem"));
  SSL_set_max_proto_version(current.native(), TLS1_2_VERSION);
  EXPECT_FALSE(current.handshake());
}

TEST_F(ServerTlsTest, WhoDoesNotShakeHandsIsCutOff) {
  const auto endpoint = start(echo, "127.0.0.1:0", server_files());
  RawClient silent(loop, endpoint);
  loop.until([this] { return server->connections() == 1; });
  pass_next_deadline();
  loop.until([this] { return server->connections() == 0; });
  RawClient plain(loop, endpoint);
  plain.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  plain.rest();
  loop.until([this] { return server->connections() == 0; });
}

TEST_F(ServerTlsTest, AHandshakeThatEndsDuringAStopIsNotWaitedForAnyLonger) {
  TlsClient client(loop, start(echo, "127.0.0.1:0", server_files()), path("server.pem"));
  loop.until([this] { return server->connections() == 1; });
  bool stopped = false;
  asio::co_spawn(loop.executor(), server->stop(std::chrono::hours(1)),
                 [&stopped](const std::exception_ptr&) { stopped = true; });
  loop.poll();
  EXPECT_FALSE(stopped);
  client.handshake();
  loop.until([&stopped] { return stopped; });
}

Task<Response> watch_until_gone(Request& request, Timer& gate, int& gone) {
  request.caller->watch([&gate, &gone] {
    ++gone;
    gate.wake();
  });
  co_await gate.wait(std::chrono::hours(1));
  co_return json_response(200, "{}");
}

TEST_F(ServerTlsTest, AHandlerHearsThatItsCallerHungUp) {
  const auto gate = clock.make_timer(loop.executor());
  int gone = 0;
  TlsClient client(
      loop,
      start([&](Request& request) { return watch_until_gone(request, *gate, gone); }, "127.0.0.1:0", server_files()),
      path("server.pem"));
  ASSERT_FALSE(client.handshake());
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  loop.poll();
  EXPECT_EQ(gone, 0);
  client.close();
  loop.until([&] { return gone == 1; });
}

TEST_F(ServerTlsTest, SaysWhichFileItCannotUseAndWhy) {
  EXPECT_THAT(refusal_of({.certificate_file = path("missing.pem"), .key_file = path("server.key")}),
              testing::AllOf(HasSubstr("missing.pem"), HasSubstr("No such file")));
  EXPECT_THAT(refusal_of({.certificate_file = path("server.pem"), .key_file = path("missing.key")}),
              testing::AllOf(HasSubstr("missing.key"), HasSubstr("No such file")));
  EXPECT_THAT(refusal_of({.certificate_file = path("rubbish.pem"), .key_file = path("server.key")}),
              HasSubstr("rubbish.pem"));
  EXPECT_THAT(refusal_of({.certificate_file = path("server.pem"), .key_file = path("rubbish.pem")}),
              HasSubstr("rubbish.pem"));
  EXPECT_THAT(refusal_of({.certificate_file = path("server.pem"), .key_file = path("encrypted.key")}),
              testing::AllOf(HasSubstr("encrypted.key"), HasSubstr("passphrase")));
  EXPECT_THAT(refusal_of({.certificate_file = path("server.pem"), .key_file = path("other.key")}),
              HasSubstr("does not belong"));
}

}  // namespace
}  // namespace crewship
