#include "receiver.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transcript.hpp"

namespace crewship::testing_support {
namespace {

bool same_name(std::string_view left, std::string_view right) {
  return left.size() == right.size() && ::strncasecmp(left.data(), right.data(), left.size()) == 0;
}

// False when the receiver ends first.
bool wait_readable(const UniqueFd& fd, const UniqueFd& stop) {
  std::array<pollfd, 2> ready{
      {{.fd = fd.get(), .events = POLLIN, .revents = 0}, {.fd = stop.get(), .events = POLLIN, .revents = 0}}};
  while (::poll(ready.data(), ready.size(), -1) < 0 && errno == EINTR) {
  }
  return ready[1].revents == 0;
}

bool read_more(const UniqueFd& connection, const UniqueFd& stop, std::string& buffer) {
  if (!wait_readable(connection, stop)) return false;
  std::array<char, 65536> bytes{};
  const auto count = ::recv(connection.get(), bytes.data(), bytes.size(), 0);
  if (count <= 0) return false;
  buffer.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

Received parse_head(std::string_view head) {
  Received request;
  request.request_line = head.substr(0, head.find("\r\n"));
  head.remove_prefix(request.request_line.size() + 2);
  while (!head.empty()) {
    const auto line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(head.size(), line.size() + 2));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    auto value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    request.headers.emplace_back(line.substr(0, colon), value);
  }
  return request;
}

bool send_all(const UniqueFd& connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::send(connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

std::string Received::header(std::string_view name) const {
  for (const auto& [given, value] : headers) {
    if (same_name(given, name)) return value;
  }
  return "";
}

Receiver::Script Receiver::in_turn(std::vector<std::string> answers) {
  return [answers = std::move(answers)](const Received&, std::size_t index) {
    return answers.at(std::min(index, answers.size() - 1));
  };
}

Receiver::Receiver(Script script)
    : script_(std::move(script)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);  // how the socket interface takes any address
  if (::bind(listener_.get(), generic, size) != 0 || ::listen(listener_.get(), 128) != 0 ||
      ::getsockname(listener_.get(), generic, &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "receiver");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

Receiver::~Receiver() {
  ::eventfd_write(stop_.get(), 1);
  acceptor_.join();
  for (auto& connection : connections_) connection.join();
}

std::string Receiver::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

std::vector<Received> Receiver::received() const {
  const std::lock_guard lock(mutex_);
  return received_;
}

std::vector<Received> Receiver::wait_for(std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [&] { return received_.size() >= count; });
  return received_;
}

void Receiver::accept_all() {
  while (wait_readable(listener_, stop_)) {
    UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection) continue;
    connections_.emplace_back([this, connection = std::move(connection)] { serve(connection); });
  }
}

void Receiver::serve(const UniqueFd& connection) {
  std::string buffer;
  while (true) {
    std::size_t head_end = 0;
    while ((head_end = buffer.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more(connection, stop_, buffer)) return;
    }
    Received request = parse_head(std::string_view(buffer).substr(0, head_end));
    buffer.erase(0, head_end + 4);
    const auto length = std::strtoul(request.header("Content-Length").c_str(), nullptr, 10);
    while (buffer.size() < length) {
      if (!read_more(connection, stop_, buffer)) return;
    }
    request.body = buffer.substr(0, length);
    buffer.erase(0, length);

    std::size_t index = 0;
    {
      const std::lock_guard lock(mutex_);
      index = received_.size();
      received_.push_back(request);
    }
    changed_.notify_all();
    const auto answer = script_(request, index);
    if (!answer) {
      while (read_more(connection, stop_, buffer)) {
      }
      return;
    }
    if (!send_all(connection, *answer)) return;
  }
}

}  // namespace crewship::testing_support
