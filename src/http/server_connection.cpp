#include "server_connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>
#include <sys/uio.h>

#include <boost/asio/as_tuple.hpp>

namespace crewship {
namespace {

constexpr auto as_values = asio::as_tuple(use_awaitable);
constexpr std::size_t max_linger_bytes = 8U << 20U;

}  // namespace

void Outgoing::advance(std::size_t bytes) {
  for (std::string_view* piece : {&first, &second, &third}) {
    const std::size_t of_piece = std::min(bytes, piece->size());
    piece->remove_prefix(of_piece);
    bytes -= of_piece;
  }
}

ServerConnection::ServerConnection(TcpSocket socket, asio::ssl::context* tls, Deadlines& deadlines)
    : socket_(std::move(socket)), deadlines_(deadlines) {
  if (tls) tls_ = std::make_unique<asio::ssl::stream<TcpSocket&>>(socket_, *tls);
}

ServerConnection::~ServerConnection() { deadlines_.disarm(*this); }

Task<bool> ServerConnection::handshake() {
  if (!tls_) co_return true;
  arm(DeadlineKind::request);
  auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, as_values);
  disarm();
  co_return !error;
}

void ServerConnection::arm(DeadlineKind kind) {
  expired_ = false;
  deadlines_.arm(*this, kind);
}

void ServerConnection::disarm() { deadlines_.disarm(*this); }

void ServerConnection::on_deadline() {
  expired_ = true;
  boost::system::error_code ignored;  // there may be nothing to cancel
  socket_.cancel(ignored);
}

Task<std::tuple<boost::system::error_code, std::size_t>> ServerConnection::read_some(asio::mutable_buffer space) {
  if (tls_) return tls_->async_read_some(space, as_values);
  return socket_.async_read_some(space, as_values);
}

std::size_t ServerConnection::read_now(asio::mutable_buffer space) {
  if (tls_) return 0;
  const ssize_t count = ::recv(socket_.native_handle(), space.data(), space.size(), MSG_DONTWAIT);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

bool ServerConnection::send_now(Outgoing& data) {
  if (tls_) return true;  // a record cut off by a full socket could not be taken up again
  // sendmsg reads what it is given, but its interface is older than const.
  std::array<iovec, 3> pieces{iovec{const_cast<char*>(data.first.data()), data.first.size()},    // NOLINT
                              iovec{const_cast<char*>(data.second.data()), data.second.size()},  // NOLINT
                              iovec{const_cast<char*>(data.third.data()), data.third.size()}};   // NOLINT
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = data.second.empty() && data.third.empty() ? 1 : pieces.size();
  const ssize_t count = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  data.advance(static_cast<std::size_t>(count));
  return true;
}

Task<std::tuple<boost::system::error_code, std::size_t>> ServerConnection::write_some(const Outgoing& data) {
  const auto first = asio::buffer(data.first);
  const auto second = asio::buffer(data.second);
  const auto third = asio::buffer(data.third);
  if (tls_) {
    const auto next = data.second.empty() ? third : second;
    return tls_->async_write_some(data.first.empty() ? next : first, as_values);
  }
  return socket_.async_write_some(std::array{first, second, third}, as_values);
}

Task<bool> ServerConnection::send(Outgoing data) {
  while (!data.empty()) {
    arm(DeadlineKind::write);
    auto [error, count] = co_await write_some(data);
    if (error) co_return false;
    data.advance(count);
  }
  disarm();
  co_return true;
}

Task<void> ServerConnection::linger() {
  arm(DeadlineKind::linger);
  if (tls_) co_await tls_->async_shutdown(as_values);  // whether the peer answers is all the same
  boost::system::error_code error;
  socket_.shutdown(TcpSocket::shutdown_send, error);
  std::array<char, 4096> unwanted;  // NOLINT(cppcoreguidelines-pro-type-member-init): written before it is read
  std::size_t total = 0;
  while (!error && !expired_ && total < max_linger_bytes) {
    std::size_t count = 0;
    std::tie(error, count) = co_await socket_.async_read_some(asio::buffer(unwanted), as_values);
    total += count;
  }
  disarm();
}

void ServerConnection::shut() {
  boost::system::error_code ignored;  // the peer may have gone before
  socket_.shutdown(TcpSocket::shutdown_both, ignored);
}

}  // namespace crewship
