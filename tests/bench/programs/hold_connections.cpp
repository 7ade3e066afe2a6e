// Opens many connections and holds them until stdin ends. idle: each has had one answer and stays open. slow: each
// sends the head of a request byte by byte, one every two seconds, and is opened again when the server ends it. Prints
// "ready" when all are open.
#include <vector>

#include <fcntl.h>

#include "common.hpp"

namespace {

constexpr std::string_view whole_request = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
constexpr std::string_view slow_request = "POST /webhooks/runs/unknown HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ";
constexpr int rounds_per_byte = 20;
constexpr int round_ms = 100;

struct Held {
  int fd = -1;
  std::size_t sent = 0;
};

void open(Held& held, std::uint16_t port) {
  held = {.fd = bench::connect_to(port)};
  ::fcntl(held.fd, F_SETFL, O_NONBLOCK);
}

void ask_once(const Held& held) {
  std::array<char, 1024> answer{};
  if (::send(held.fd, whole_request.data(), whole_request.size(), MSG_NOSIGNAL) < 0) bench::die("send");
  ::fcntl(held.fd, F_SETFL, 0);
  if (::read(held.fd, answer.data(), answer.size()) <= 0) bench::die("no answer");
}

bool ended(const Held& held) {
  std::array<char, 1024> bytes{};
  const auto count = ::read(held.fd, bytes.data(), bytes.size());
  return count == 0 || (count < 0 && errno != EAGAIN);
}

void send_next_byte(Held& held, std::uint16_t port) {
  if (ended(held)) {
    ::close(held.fd);
    open(held, port);
  }
  const char byte = held.sent < slow_request.size() ? slow_request[held.sent] : 'x';
  if (::send(held.fd, &byte, 1, MSG_NOSIGNAL) == 1) ++held.sent;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  const auto port = static_cast<std::uint16_t>(bench::number(arguments, "--port", 0));
  const bool slow = bench::option(arguments, "--mode") == "slow";
  bench::allow_many_descriptors();
  std::vector<Held> all(static_cast<std::size_t>(bench::number(arguments, "--count", 100)));
  for (Held& held : all) {
    open(held, port);
    if (!slow) ask_once(held);
  }
  std::printf("ready\n");
  std::fflush(stdout);

  bench::Epoll epoll;
  epoll.add(STDIN_FILENO, 0);
  for (int round = 0; epoll.wait(round_ms).empty(); round = (round + 1) % rounds_per_byte) {
    for (auto i = static_cast<std::size_t>(round); slow && i < all.size(); i += rounds_per_byte) {
      send_next_byte(all[i], port);
    }
  }
}
