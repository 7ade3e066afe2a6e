#include "raw_connection.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace crewship::testing_support {

RawConnection::RawConnection(const Daemon& daemon) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const std::string& url = daemon.url();
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(url.substr(url.rfind(':') + 1).c_str())));
  if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::system_error(errno, std::generic_category(), "connect");
  }
}

void RawConnection::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0) throw std::system_error(errno, std::generic_category(), "send");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

bool RawConnection::read_more() {
  pollfd ready{.fd = socket_.get(), .events = POLLIN, .revents = 0};
  constexpr auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
  if (::poll(&ready, 1, static_cast<int>(limit.count())) != 1) return false;
  std::array<char, 65536> bytes{};
  const auto count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
  if (count <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

Answer RawConnection::answer(bool to_head) {
  while (buffer_.find("\r\n\r\n") == std::string::npos) {
    if (!read_more()) return {};
  }
  const auto head_size = buffer_.find("\r\n\r\n") + 4;
  Answer answer = parse_answer(std::string_view(buffer_).substr(0, head_size));
  buffer_.erase(0, head_size);
  const auto length = to_head ? 0 : std::strtoul(answer.header("Content-Length").c_str(), nullptr, 10);
  while (buffer_.size() < length) {
    if (!read_more()) return {};
  }
  answer.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return answer;
}

bool RawConnection::closed_by_peer() { return buffer_.empty() && !read_more(); }

bool RawConnection::wait_for(std::string_view words) {
  while (buffer_.find(words) == std::string::npos) {
    if (!read_more()) return false;
  }
  return true;
}

std::string RawConnection::rest() {
  while (read_more()) {
  }
  return std::exchange(buffer_, {});
}

std::string trigger_request(const Crew& crew, std::string_view body, std::string_view headers) {
  return "POST " + crew.path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string(headers) + "\r\n" + std::string(body);
}

}  // namespace crewship::testing_support
