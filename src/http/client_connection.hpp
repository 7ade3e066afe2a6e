// One connection to a receiver: TCP, TLS around it when the URL says https, and the bytes read ahead. A post owns the
// one it uses, the pool the idle ones. Closes its socket when it goes. Loop thread. Errors are Asio's codes; who calls
// puts them into words.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <crewship/base/asio.hpp>
#include <crewship/base/clock.hpp>
#include <crewship/base/tcp.hpp>

namespace crewship {

class ClientConnection {
 public:
  using ErrorCode = boost::system::error_code;
  using Transferred = std::tuple<ErrorCode, std::size_t>;

  explicit ClientConnection(const Executor& executor) : socket_(executor) {}

  Task<ErrorCode> connect(asio::ip::tcp::endpoint peer);
  // TLS with `host` as the name (or address) that the certificate must be for. tls_reason() says why it failed.
  Task<ErrorCode> start_tls(asio::ssl::context& context, std::string host, bool is_name);
  Task<Transferred> write(std::array<asio::const_buffer, 2> buffers);
  Task<Transferred> read_some(asio::mutable_buffer into);

  // Pending operations end with an error, and so does every later one.
  void close();
  // False when the peer has closed it, or has sent something that nobody asked for.
  bool still_silent();

  const asio::ip::tcp::endpoint& peer() const { return peer_; }
  const std::string& tls_reason() const { return tls_reason_; }
  boost::beast::flat_buffer& read_ahead() { return read_ahead_; }

  SteadyTime idle_since{};

 private:
  TcpSocket socket_;
  std::optional<asio::ssl::stream<TcpSocket&>> tls_;
  asio::ip::tcp::endpoint peer_;
  std::string tls_reason_;
  boost::beast::flat_buffer read_ahead_;
};

// A context for clients: the system's certificate authorities (or SSL_CERT_FILE's), TLS 1.2 or newer. Reads files.
// Throws when OpenSSL cannot be set up.
asio::ssl::context make_client_tls_context();

}  // namespace crewship
