// The HTTP/1.1 server: accepts, limits, parses strictly (RFC 9112), calls one handler, writes. Loop thread. Refuses
// what Beast lets through (docs/security.md lists it). TLS when given. Graceful stop.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include <crewship/base/clock.hpp>
#include <crewship/base/error.hpp>
#include <crewship/base/ids.hpp>
#include <crewship/base/metrics.hpp>
#include <crewship/base/task_group.hpp>
#include <crewship/http/message.hpp>

namespace crewship {

struct ServerLimits {
  std::size_t body_bytes = 1048576;
  std::size_t header_bytes = 16384;  // request line and headers together
  std::size_t header_count = 100;
  std::size_t target_bytes = 8192;
  std::size_t connections = 10000;
  std::chrono::milliseconds request_timeout = std::chrono::seconds(30);  // first byte of a request to its last
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(75);     // between requests of a connection
  std::chrono::milliseconds write_timeout = std::chrono::seconds(30);    // without progress
};

struct TlsFiles {
  std::filesystem::path certificate_file;  // PEM chain
  std::filesystem::path key_file;          // PEM
};

// "127.0.0.1:8080", "[::]:8080", "localhost:0". Names other than localhost are not looked up.
struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
  static std::optional<ListenAddress> parse(std::string_view text);
  bool is_loopback() const;
  std::vector<asio::ip::tcp::endpoint> endpoints() const;  // localhost: 127.0.0.1 and ::1
  std::string text() const;
};

// Since the start of the program. Loop thread.
struct ServerMetrics {
  std::array<std::uint64_t, 600> answers{};  // by status
  LabeledCounter refusals;                   // what never reached the handler, by the error's code
};

class Server {
 public:
  Server(Executor executor, Clock& clock, IdGenerator& ids, ServerLimits limits, Handler handler);
  ~Server();
  // Binds and starts to accept; may be called for several addresses, and again after stop(). Errors: unavailable
  // "cannot_listen", invalid "invalid_tls", each naming the address or file and the reason. Blocking only in the sense
  // of bind and reading the TLS files; before or on the loop.
  Result<> listen(const ListenAddress& address, const std::optional<TlsFiles>& tls);
  std::vector<asio::ip::tcp::endpoint> local_endpoints() const;  // with the port that the system gave

  // From now on every answer carries `Connection: close`.
  void close_after_responses();
  // Stops accepting, ends idle connections, lets requests under way finish for `grace`, then cuts them off. Returns
  // when no connection is left.
  Task<void> stop(std::chrono::milliseconds grace);
  std::size_t connections() const;
  const ServerMetrics& metrics() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace crewship
