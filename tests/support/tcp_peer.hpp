// A server on a loopback address for one test. Each connection is handled by the test's script, a named coroutine that
// says byte by byte how the server behaves, or misbehaves. Speaks TLS when given a context. Runs on the test's loop.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <openssl/ssl.h>

#include <crewship/base/asio.hpp>
#include <crewship/base/tcp.hpp>

namespace crewship {

// What a script holds. Errors are not reported: a peer that is gone reads as the end.
class PeerConnection {
 public:
  PeerConnection(TcpSocket socket, std::size_t number) : socket_(std::move(socket)), number_(number) {}

  // The next request, head and body as they came; empty when the client has closed.
  Task<std::string> read_request() {
    std::size_t whole = std::string::npos;
    while (ahead_.size() < whole) {
      const std::size_t end_of_head = ahead_.find("\r\n\r\n");
      if (end_of_head != std::string::npos) whole = end_of_head + 4 + content_length();
      if (ahead_.size() < whole && !co_await read_more()) co_return "";
    }
    std::string request = ahead_.substr(0, whole);
    ahead_.erase(0, whole);
    co_return request;
  }
  // False when the client has closed.
  Task<bool> read_more() {
    std::array<char, 16384> piece{};
    auto [error, count] = co_await read_some(asio::buffer(piece));
    ahead_.append(piece.data(), count);
    received_ += count;
    co_return !error;
  }
  Task<void> until_closed() {
    while (co_await read_more()) ahead_.clear();
  }
  // False when the client is gone.
  Task<bool> write(std::string text) {
    auto [error, count] = co_await write_all(asio::buffer(text));
    sent_ += count;
    co_return !error;
  }
  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }
  // RST instead of FIN.
  void reset() {
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    close();
  }

  std::size_t number() const { return number_; }  // 1, 2, 3 … of its peer
  std::size_t sent_bytes() const { return sent_; }
  std::size_t received_bytes() const { return received_; }
  TcpSocket& socket() { return socket_; }

  std::optional<asio::ssl::stream<TcpSocket&>> tls;
  static constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> as_values{};

 private:
  Task<std::tuple<boost::system::error_code, std::size_t>> read_some(asio::mutable_buffer into) {
    if (tls) return tls->async_read_some(into, as_values);
    return socket_.async_read_some(into, as_values);
  }
  Task<std::tuple<boost::system::error_code, std::size_t>> write_all(asio::const_buffer from) {
    if (tls) return asio::async_write(*tls, from, as_values);
    return asio::async_write(socket_, from, as_values);
  }
  std::size_t content_length() const {
    const std::size_t found = ahead_.find("Content-Length: ");
    return found == std::string::npos ? 0 : std::stoul(ahead_.substr(found + 16));
  }

  TcpSocket socket_;
  std::size_t number_;
  std::string ahead_;
  std::size_t sent_ = 0;
  std::size_t received_ = 0;
};

class TcpPeer {
 public:
  using Script = std::function<Task<void>(PeerConnection&)>;

  // What the peer has seen; scripts may note requests here.
  struct Seen {
    std::size_t connections = 0;
    std::size_t open = 0;
    std::size_t sent_bytes = 0;             // of connections that have ended
    std::vector<std::string> server_names;  // SNI of each TLS connection, "" for none
  };

  TcpPeer(Executor executor, Script script, asio::ssl::context* tls = nullptr, const std::string& address = "127.0.0.1",
          std::uint16_t port = 0)
      : state_(std::make_shared<State>(std::move(executor), std::move(script), tls,
                                       asio::ip::tcp::endpoint(asio::ip::make_address(address), port))) {
    asio::co_spawn(state_->acceptor.get_executor(), serve(state_), asio::detached);
  }
  TcpPeer(const TcpPeer&) = delete;
  TcpPeer& operator=(const TcpPeer&) = delete;
  ~TcpPeer() { close(); }

  std::uint16_t port() const { return state_->port; }
  std::string url(std::string_view path = "/hook") const {
    return (state_->tls == nullptr ? "http://" : "https://") + state_->address + ":" + std::to_string(port()) +
           std::string(path);
  }
  const Seen& seen() const { return state_->seen; }
  // Ends the listening and all connections; what waits on them ends with the loop's next turns.
  void close() {
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
    for (PeerConnection* connection : state_->connections) connection->close();
  }

 private:
  struct State {
    State(Executor executor, Script s, asio::ssl::context* t, const asio::ip::tcp::endpoint& endpoint)
        : acceptor(std::move(executor), endpoint),
          script(std::move(s)),
          tls(t),
          address(endpoint.address().is_v6() ? "[" + endpoint.address().to_string() + "]"
                                             : endpoint.address().to_string()),
          port(acceptor.local_endpoint().port()) {}
    TcpAcceptor acceptor;
    Script script;
    asio::ssl::context* tls;
    std::string address;
    std::uint16_t port;
    std::vector<PeerConnection*> connections;
    Seen seen;
  };

  static Task<void> serve(std::shared_ptr<State> state) {
    for (;;) {
      auto [error, socket] = co_await state->acceptor.async_accept(PeerConnection::as_values);
      if (error) co_return;
      ++state->seen.connections;
      asio::co_spawn(state->acceptor.get_executor(),
                     handle(state, std::make_unique<PeerConnection>(std::move(socket), state->seen.connections)),
                     asio::detached);
    }
  }

  static Task<void> handle(std::shared_ptr<State> state, std::unique_ptr<PeerConnection> connection) {
    state->connections.push_back(connection.get());
    ++state->seen.open;
    bool speaking = true;
    if (state->tls != nullptr) {
      SSL* const native = connection->tls.emplace(connection->socket(), *state->tls).native_handle();
      auto [error] =
          co_await connection->tls->async_handshake(asio::ssl::stream_base::server, PeerConnection::as_values);
      const char* const name = SSL_get_servername(native, TLSEXT_NAMETYPE_host_name);
      state->seen.server_names.emplace_back(name != nullptr ? name : "");
      speaking = !error;
    }
    if (speaking) co_await state->script(*connection);
    std::erase(state->connections, connection.get());
    --state->seen.open;
    state->seen.sent_bytes += connection->sent_bytes();
  }

  std::shared_ptr<State> state_;
};

}  // namespace crewship
