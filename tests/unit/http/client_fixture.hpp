// What the client's tests share: a loop, a client whose guard lets loopback through unless told otherwise, and the
// proof that nothing is left when a test ends, neither work nor descriptors.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <crewship/http/client.hpp>

#include "support/fake_clock.hpp"
#include "support/run_loop.hpp"
#include "support/tcp_peer.hpp"

namespace crewship {

using Answer = std::expected<ClientResponse, ClientError>;

inline std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    // Reading the system's authorities takes longer than most tests do.
    ::setenv("SSL_CERT_FILE", "/dev/null", 1);
    ::setenv("SSL_CERT_DIR", "/dev/null", 1);
    loop.poll();  // the loop's own descriptors exist from here on
  }

  void TearDown() override {
    client.reset();
    peers.clear();
    ASSERT_TRUE(loop.drain()) << "something still waits on the loop";
  }

  HttpClient& make_client(ClientOptions options = {}) {
    client = std::make_unique<HttpClient>(loop.executor(), clock, std::move(options),
                                          [this](const asio::ip::address& address) { return guard(address); });
    return *client;
  }

  TcpPeer& serve(TcpPeer::Script script, asio::ssl::context* tls = nullptr) {
    return *peers.emplace_back(std::make_unique<TcpPeer>(loop.executor(), std::move(script), tls));
  }

  static ClientRequest request_to(std::string_view url, std::string body = "{}") {
    ClientRequest request;
    request.url = TargetUrl::parse(url).value();
    request.body = std::move(body);
    return request;
  }

  Answer post(ClientRequest request) {
    if (!client) make_client();
    return loop.run(client->send(std::move(request)));
  }
  Answer post(std::string_view url) { return post(request_to(url)); }

  // Starts a post and leaves it waiting; `settled` tells when it has an answer.
  struct Pending {
    std::optional<Answer> answer;
    std::exception_ptr failure;
    asio::cancellation_signal cancel;
    bool settled() const { return answer || failure; }
  };
  std::shared_ptr<Pending> start(ClientRequest request) {
    if (!client) make_client();
    const auto pending = std::make_shared<Pending>();
    asio::co_spawn(
        loop.executor(), client->send(std::move(request)),
        asio::bind_cancellation_slot(pending->cancel.slot(), [pending](std::exception_ptr failure, Answer answer) {
          pending->failure = std::move(failure);
          if (!pending->failure) pending->answer = std::move(answer);
        }));
    return pending;
  }
  Answer finish(const std::shared_ptr<Pending>& pending) {
    loop.until([&] { return pending->settled(); });
    if (pending->failure) std::rethrow_exception(pending->failure);
    return *pending->answer;
  }

  RunLoop loop;
  FakeClock clock;  // stands still: no test waits for a timeout, and none runs out of time on a slow machine
  std::function<std::optional<std::string>(const asio::ip::address&)> guard = [](const asio::ip::address&) {
    return std::optional<std::string>();
  };
  std::vector<std::unique_ptr<TcpPeer>> peers;
  std::unique_ptr<HttpClient> client;
};

inline const std::string ok_answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// Answers each request with 200 until the client closes.
inline Task<void> answer_ok(PeerConnection& connection) {
  while (!(co_await connection.read_request()).empty()) co_await connection.write(ok_answer);
}

inline Task<void> read_and_keep_silent(PeerConnection& connection) {
  co_await connection.read_request();
  co_await connection.until_closed();
}

}  // namespace crewship
