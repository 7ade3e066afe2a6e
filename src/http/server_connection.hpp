// One accepted TCP connection, plain or TLS, with the time limits of its owner: reads, writes and closes so that the
// peer gets what was sent. Owned by a session, which is one coroutine; one operation at a time. Errors are values. Loop
// thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <tuple>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <crewship/base/asio.hpp>
#include <crewship/base/tcp.hpp>

#include "deadlines.hpp"

namespace crewship {

// What is still to be sent: in pieces, so that a large body is not copied behind its head.
struct Outgoing {
  std::string_view first;
  std::string_view second{};
  std::string_view third{};

  bool empty() const { return first.empty() && second.empty() && third.empty(); }
  void advance(std::size_t bytes);
};

class ServerConnection final : private Deadlines::Entry {
 public:
  ServerConnection(TcpSocket socket, asio::ssl::context* tls, Deadlines& deadlines);
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;
  ~ServerConnection() override;

  // False when the peer did not complete it in the time of a request.
  Task<bool> handshake();

  // When the time is up, the operation under way ends and expired() is true until the next arm().
  void arm(DeadlineKind kind);
  void disarm();
  bool expired() const { return expired_; }

  Task<std::tuple<boost::system::error_code, std::size_t>> read_some(asio::mutable_buffer space);
  // What has arrived already; for the moment when the time was up just as data came. 0 under TLS.
  std::size_t read_now(asio::mutable_buffer space);

  // Sends as much as the socket takes without waiting and advances `data`; false when the connection is broken.
  bool send_now(Outgoing& data);
  // Sends all of it; false when the connection is broken or no byte went out for the write time limit.
  Task<bool> send(Outgoing data);

  // Ends the sending side and reads on for a bounded time and amount. Closing with unread data would reset the
  // connection, and the peer could lose the answer.
  Task<void> linger();
  // Ends both sides at once.
  void shut();

  TcpSocket& socket() { return socket_; }
  bool is_tls() const { return tls_ != nullptr; }

 private:
  void on_deadline() override;
  Task<std::tuple<boost::system::error_code, std::size_t>> write_some(const Outgoing& data);

  TcpSocket socket_;
  std::unique_ptr<asio::ssl::stream<TcpSocket&>> tls_;
  Deadlines& deadlines_;
  bool expired_ = false;
};

}  // namespace crewship
