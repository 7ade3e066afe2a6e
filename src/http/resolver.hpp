// Looks up the addresses of a name, IPv4 and IPv6, as the system is configured: hosts file, name servers, search
// domains, in the order of RFC 6724. Caches nothing. One name that stalls or fails costs the others nothing. Loop
// thread; owned by HttpClient.
#pragma once

#include <chrono>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include <crewship/base/asio.hpp>
#include <crewship/base/clock.hpp>
#include <crewship/http/client.hpp>

namespace crewship {

class DnsChannel;

struct LookUpError {
  bool timed_out = false;  // `at_most` passed
  std::string reason;      // in words, when it did not: "name not found"
};
using LookUpResult = std::expected<std::vector<asio::ip::address>, LookUpError>;

class Resolver {
 public:
  Resolver(Executor executor, Clock& clock, DnsOptions options);
  ~Resolver();

  // At least one address, each once. Terminal cancellation throws operation_aborted.
  Task<LookUpResult> look_up(std::string name, std::chrono::nanoseconds at_most);
  // Ends waiting look-ups, lets the loop end.
  void close();

 private:
  std::shared_ptr<DnsChannel> current_channel();

  Executor executor_;
  Clock& clock_;
  DnsOptions options_;
  std::shared_ptr<DnsChannel> channel_;
  std::filesystem::file_time_type configured_at_{};
  bool closed_ = false;
};

}  // namespace crewship
