// Load over keep-alive connections. Closed: each connection sends its next request when it has the answer. Open
// (--rate): request k is due at start + k/rate, whatever the server does, and its latency counts from that moment, so
// that waiting for a free connection is not hidden. Prints a summary as JSON; --log gets one line a request.
#include <algorithm>
#include <charconv>
#include <deque>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include <fcntl.h>
#include <sys/timerfd.h>

#include "common.hpp"

namespace {

constexpr std::uint64_t timer_tag = ~std::uint64_t{0};
constexpr std::int64_t second_ns = 1'000'000'000;

struct Settings {
  std::uint16_t port = 0;
  std::size_t connections = 1;
  double rate = 0;  // 0: closed
  double seconds = 5;
  std::size_t requests = 0;        // 0: as many as there is time for
  std::vector<std::string> texts;  // complete requests, sent in turn
  std::string log_file;
};

struct Outcome {
  std::int64_t due_ns;
  std::int64_t done_ns;
  int status;  // 0: the connection broke
  bool retry_after;
  std::string run_id;
};

struct Connection {
  int fd = -1;
  std::string input;
  std::int64_t due_ns = -1;  // of the request under way
};

std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
  const auto begin = text.find(before);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + before.size());
  return text.substr(0, text.find(after));
}

class Load {
 public:
  explicit Load(Settings settings) : settings_(std::move(settings)), connections_(settings_.connections) {
    timer_ = bench::checked(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create");
    epoll_.add(timer_, timer_tag);
  }

  void run() {
    for (std::size_t i = 0; i < connections_.size(); ++i) connect(i);
    start_ns_ = bench::now_ns();
    end_ns_ = start_ns_ + static_cast<std::int64_t>(settings_.seconds * 1e9);
    set_timer(end_ns_);
    while (more_to_begin() || under_way_ > 0) {
      begin_requests();
      const auto events = epoll_.wait(1000);
      for (const epoll_event& event : events) {
        if (event.data.u64 == timer_tag) {
          std::uint64_t ticks = 0;
          static_cast<void>(::read(timer_, &ticks, sizeof ticks));
        } else {
          receive(event.data.u64);
        }
      }
      if (bench::now_ns() > end_ns_ + 60 * second_ns) break;  // what is still under way counts as unanswered
    }
  }

  void report() {
    if (!settings_.log_file.empty()) write_log();
    std::map<int, std::vector<double>> latencies;
    std::vector<double> all;
    std::int64_t last = start_ns_;
    std::size_t told_when = 0;
    for (const Outcome& outcome : outcomes_) {
      const double latency = static_cast<double>(outcome.done_ns - outcome.due_ns) / 1000;
      latencies[outcome.status].push_back(latency);
      all.push_back(latency);
      last = std::max(last, outcome.done_ns);
      if (outcome.retry_after) ++told_when;
    }
    const double seconds = static_cast<double>(last - start_ns_) / 1e9;
    std::printf(R"({"begun":%zu,"unanswered":%zu,"seconds":%.3f,"rate":%.1f,"retry_after":%zu,"all":%s,"by_status":{)",
                begun_, under_way_, seconds, static_cast<double>(outcomes_.size()) / seconds, told_when,
                percentiles(all).c_str());
    const char* separator = "";
    for (auto& [status, values] : latencies) {
      std::printf(R"(%s"%d":%s)", separator, status, percentiles(values).c_str());
      separator = ",";
    }
    std::printf("}}\n");
  }

 private:
  void connect(std::size_t index) {
    Connection& connection = connections_[index];
    connection.fd = bench::connect_to(settings_.port);
    ::fcntl(connection.fd, F_SETFL, O_NONBLOCK);
    connection.input.clear();
    epoll_.add(connection.fd, index);
    idle_.push_back(index);
  }

  bool more_to_begin() const {
    if (settings_.requests > 0) return begun_ < settings_.requests;
    return settings_.rate > 0 ? due_at(begun_) < end_ns_ : bench::now_ns() < end_ns_;
  }

  std::int64_t due_at(std::size_t request) const {
    return start_ns_ + static_cast<std::int64_t>(static_cast<double>(request) / settings_.rate * 1e9);
  }

  void begin_requests() {
    while (!idle_.empty() && more_to_begin()) {
      const auto now = bench::now_ns();
      const std::int64_t due = settings_.rate > 0 ? due_at(begun_) : now;
      if (due > now) return set_timer(due);
      Connection& connection = connections_[idle_.front()];
      idle_.pop_front();
      const std::string& text = settings_.texts[begun_ % settings_.texts.size()];
      connection.due_ns = due;
      ++begun_;
      ++under_way_;
      send(connection, text);
    }
  }

  static void send(const Connection& connection, std::string_view text) {
    while (!text.empty()) {
      const auto count = ::send(connection.fd, text.data(), text.size(), MSG_NOSIGNAL);
      if (count > 0) {
        text.remove_prefix(static_cast<std::size_t>(count));
      } else if (errno == EAGAIN) {
        ::usleep(50);  // only with bodies larger than the socket takes
      } else {
        return;  // the read that follows tells
      }
    }
  }

  void receive(std::size_t index) {
    Connection& connection = connections_[index];
    std::array<char, 65536> bytes;
    const auto count = ::read(connection.fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      if (connection.due_ns >= 0) finish(connection, {}, 0);
      return reconnect(index);
    }
    connection.input.append(bytes.data(), static_cast<std::size_t>(count));
    const std::string_view input = connection.input;
    const auto head_bytes = input.find("\r\n\r\n");
    if (head_bytes == std::string_view::npos) return;
    std::size_t body_bytes = 0;
    const auto length = between(input.substr(0, head_bytes + 2), "Content-Length: ", "\r\n");
    std::from_chars(length.data(), length.data() + length.size(), body_bytes);
    if (input.size() < head_bytes + 4 + body_bytes) return;
    int status = 0;
    std::from_chars(input.data() + 9, input.data() + 12, status);
    const bool closes = input.substr(0, head_bytes).find("Connection: close") != std::string_view::npos;
    finish(connection, input, status);
    connection.input.clear();
    if (closes) return reconnect(index);
    idle_.push_back(index);
  }

  void reconnect(std::size_t index) {
    std::erase(idle_, index);
    ::close(connections_[index].fd);
    connect(index);
  }

  void finish(Connection& connection, std::string_view answer, int status) {
    outcomes_.push_back({.due_ns = connection.due_ns,
                         .done_ns = bench::now_ns(),
                         .status = status,
                         .retry_after = answer.find("Retry-After: ") != std::string_view::npos,
                         .run_id = std::string(between(answer, R"("run_id":")", "\""))});
    connection.due_ns = -1;
    --under_way_;
  }

  void set_timer(std::int64_t at_ns) const {
    itimerspec spec{};
    spec.it_value = {.tv_sec = at_ns / second_ns, .tv_nsec = at_ns % second_ns};
    bench::checked(::timerfd_settime(timer_, TFD_TIMER_ABSTIME, &spec, nullptr), "timerfd_settime");
  }

  static std::string percentiles(std::vector<double>& values) {
    std::ranges::sort(values);
    const auto at = [&values](double share) {
      return values.empty() ? 0.0 : values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
    };
    std::array<char, 256> text{};
    std::snprintf(text.data(), text.size(),
                  R"({"count":%zu,"p50_us":%.1f,"p90_us":%.1f,"p99_us":%.1f,"p999_us":%.1f,"max_us":%.1f})",
                  values.size(), at(0.5), at(0.9), at(0.99), at(0.999), at(1));
    return text.data();
  }

  void write_log() const {
    std::ofstream file(settings_.log_file);
    for (const Outcome& outcome : outcomes_) {
      file << outcome.due_ns << ' ' << outcome.done_ns << ' ' << outcome.status << ' '
           << (outcome.run_id.empty() ? "-" : outcome.run_id) << '\n';
    }
    if (!file.flush()) bench::die("writing the log");
  }

  Settings settings_;
  bench::Epoll epoll_;
  int timer_;
  std::vector<Connection> connections_;
  std::deque<std::size_t> idle_;
  std::vector<Outcome> outcomes_;
  std::int64_t start_ns_ = 0;
  std::int64_t end_ns_ = 0;
  std::size_t begun_ = 0;
  std::size_t under_way_ = 0;
};

std::string contents(const std::string& file) {
  std::ifstream stream(file);
  if (!stream) bench::die("opening " + file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// --paths FILE: a GET for each line. --path PATH --body FILE: a POST.
std::vector<std::string> request_texts(std::span<char*> arguments) {
  std::string common = " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  if (const auto key = bench::option(arguments, "--key"); !key.empty())
    common += "Authorization: Bearer " + key + "\r\n";
  std::vector<std::string> texts;
  if (const auto file = bench::option(arguments, "--paths"); !file.empty()) {
    std::istringstream lines(contents(file));
    for (std::string line; std::getline(lines, line);) texts.push_back("GET " + line + common + "\r\n");
  } else {
    const std::string body = contents(bench::option(arguments, "--body"));
    texts.push_back("POST " + bench::option(arguments, "--path") + common +
                    "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                    body);
  }
  return texts;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  bench::allow_many_descriptors();
  Load load({.port = static_cast<std::uint16_t>(bench::number(arguments, "--port", 0)),
             .connections = static_cast<std::size_t>(bench::number(arguments, "--connections", 1)),
             .rate = bench::number(arguments, "--rate", 0),
             .seconds = bench::number(arguments, "--seconds", 5),
             .requests = static_cast<std::size_t>(bench::number(arguments, "--requests", 0)),
             .texts = request_texts(arguments),
             .log_file = bench::option(arguments, "--log")});
  load.run();
  load.report();
}
