// A local receiver of deliveries that costs as little as it can: one thread, one answer in one write. The path decides:
// /ok/<tag> answers 200 at once, /hole/… never, /drip/… one byte a second. Notes each delivery that it answers with
// 200. GET /stats tells how many, POST /reset forgets them, POST /dump writes one line each to the file given.
// Prints its port.
#include <charconv>
#include <memory>
#include <unordered_map>
#include <vector>

#include "common.hpp"

namespace {

constexpr std::string_view accepted = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr std::uint64_t listener_tag = 0;

struct Arrival {
  std::int64_t at_ns;
  std::string tag;
  std::string delivery;
  std::string run;
};

struct Connection {
  int fd;
  std::string input;
  bool dripping = false;
};

std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
  const auto begin = text.find(before);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + before.size());
  return text.substr(0, text.find(after));
}

class Receiver {
 public:
  explicit Receiver(std::string log_file) : log_file_(std::move(log_file)) {
    listener_ = bench::checked(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
    sockaddr_in address = bench::loopback(0);
    bench::checked(::bind(listener_, bench::generic(address), sizeof address), "bind");
    bench::checked(::listen(listener_, 4096), "listen");
    socklen_t length = sizeof address;
    bench::checked(::getsockname(listener_, bench::generic(address), &length), "getsockname");
    epoll_.add(listener_, listener_tag);
    std::printf("%u\n", static_cast<unsigned>(ntohs(address.sin_port)));
    std::fflush(stdout);
  }

  [[noreturn]] void run() {
    std::int64_t next_drip = 0;
    for (;;) {
      for (const epoll_event& event : epoll_.wait(dripping_ > 0 ? 100 : -1)) {
        if (event.data.u64 == listener_tag) {
          accept_all();
        } else {
          serve(static_cast<int>(event.data.u64));
        }
      }
      if (dripping_ > 0 && bench::now_ns() >= next_drip) {
        next_drip = bench::now_ns() + 1'000'000'000;
        drip();
      }
    }
  }

 private:
  void accept_all() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      connections_[fd] = std::make_unique<Connection>(Connection{.fd = fd, .input = {}});
      epoll_.add(fd, static_cast<std::uint64_t>(fd));
    }
  }

  void serve(int fd) {
    Connection& connection = *connections_.at(fd);
    std::array<char, 65536> bytes;
    const auto count = ::read(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return drop(fd);
    connection.input.append(bytes.data(), static_cast<std::size_t>(count));
    while (take_request(connection)) {
    }
  }

  void drop(int fd) {
    if (connections_.at(fd)->dripping) --dripping_;
    connections_.erase(fd);
    ::close(fd);
  }

  bool take_request(Connection& connection) {
    const std::string_view input = connection.input;
    const auto head_bytes = input.find("\r\n\r\n");
    if (head_bytes == std::string_view::npos) return false;
    const std::string_view head = input.substr(0, head_bytes + 2);
    std::size_t body_bytes = 0;
    const auto length = between(head, "Content-Length: ", "\r\n");
    std::from_chars(length.data(), length.data() + length.size(), body_bytes);
    if (input.size() < head_bytes + 4 + body_bytes) return false;
    answer(connection, between(head, " ", " "), head, input.substr(head_bytes + 4, body_bytes));
    connection.input.erase(0, head_bytes + 4 + body_bytes);
    return true;
  }

  void answer(Connection& connection, std::string_view path, std::string_view head, std::string_view body) {
    if (path.starts_with("/ok/")) {
      send(connection, accepted);
      arrivals_.push_back({.at_ns = bench::now_ns(),
                           .tag = std::string(path.substr(4)),
                           .delivery = std::string(between(head, "X-Crewship-Delivery: ", "\r\n")),
                           .run = std::string(between(body, R"("run_id":")", "\""))});
    } else if (path.starts_with("/drip/")) {
      connection.dripping = true;
      ++dripping_;
    } else if (path == "/stats") {
      send_json(connection, stats());
    } else if (path == "/reset") {
      arrivals_.clear();
      send(connection, accepted);
    } else if (path == "/dump") {
      dump();
      send(connection, accepted);
    }
  }

  static void send(const Connection& connection, std::string_view text) {
    static_cast<void>(::send(connection.fd, text.data(), text.size(), MSG_NOSIGNAL));  // the peer may have gone
  }

  static void send_json(const Connection& connection, const std::string& json) {
    send(connection, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                         std::to_string(json.size()) + "\r\n\r\n" + json);
  }

  std::string stats() const {
    const auto first = arrivals_.empty() ? 0 : arrivals_.front().at_ns;
    const auto last = arrivals_.empty() ? 0 : arrivals_.back().at_ns;
    return R"({"count":)" + std::to_string(arrivals_.size()) + R"(,"first_ns":)" + std::to_string(first) +
           R"(,"last_ns":)" + std::to_string(last) + "}";
  }

  void dump() const {
    std::FILE* file = std::fopen(log_file_.c_str(), "w");
    if (file == nullptr) bench::die("opening the log");
    for (const Arrival& arrival : arrivals_) {
      std::fprintf(file, "%lld %s %s %s\n", static_cast<long long>(arrival.at_ns), arrival.tag.c_str(),
                   arrival.delivery.c_str(), arrival.run.c_str());
    }
    std::fclose(file);
  }

  void drip() const {
    for (const auto& [fd, connection] : connections_) {
      if (connection->dripping) send(*connection, "H");
    }
  }

  std::string log_file_;
  int listener_ = -1;
  bench::Epoll epoll_;
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;
  std::size_t dripping_ = 0;
  std::vector<Arrival> arrivals_;
};

}  // namespace

int main(int argc, char** argv) {
  bench::allow_many_descriptors();
  Receiver(bench::option({argv, static_cast<std::size_t>(argc)}, "--log")).run();
}
