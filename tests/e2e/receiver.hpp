// A subscriber's server in the test's own process: keeps every request as it came and answers what the test says, also
// nothing at all. It reads HTTP by hand, so that it shares no code with the client that it watches.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <crewship/base/unique_fd.hpp>

namespace crewship::testing_support {

struct Received {
  std::string request_line;
  std::vector<std::pair<std::string, std::string>> headers;  // in the order and case of the wire
  std::string body;

  // Case-insensitive; empty when there is none.
  std::string header(std::string_view name) const;
};

inline std::string answer_with(std::string_view status_line, std::string_view headers = "",
                               std::string_view body = "") {
  return "HTTP/1.1 " + std::string(status_line) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}

class Receiver {
 public:
  // What goes out for a request, byte for byte; nothing: no answer until the receiver ends. `index` counts all
  // requests.
  using Script = std::function<std::optional<std::string>(const Received& request, std::size_t index)>;

  Receiver() : Receiver([](const Received&, std::size_t) { return answer_with("200 OK"); }) {}
  explicit Receiver(Script script);
  // Answers the n-th request with the n-th answer, and all after that with the last one.
  static Script in_turn(std::vector<std::string> answers);
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  std::string url(std::string_view path = "/hook") const;
  std::uint16_t port() const { return port_; }
  std::vector<Received> received() const;
  // Waits until there are at least so many, or patience ends; returns what there is.
  std::vector<Received> wait_for(std::size_t count);

 private:
  void accept_all();
  void serve(const UniqueFd& connection);

  Script script_;
  UniqueFd listener_;
  UniqueFd stop_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Received> received_;
  std::list<std::thread> connections_;
  std::thread acceptor_;
};

}  // namespace crewship::testing_support
