// Idle connections, kept for the next post to the same scheme, host and port. Bounded per host and in all, oldest out
// first; none stays longer than the idle timeout. Nothing wakes up while it is empty. Loop thread; owned by HttpClient.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include <crewship/base/asio.hpp>
#include <crewship/base/clock.hpp>
#include <crewship/http/client.hpp>

#include "alarm.hpp"
#include "client_connection.hpp"

namespace crewship {

class ClientPool {
 public:
  ClientPool(Executor executor, Clock& clock, const ClientOptions& options);

  // One that was still open a moment ago and leads to one of these addresses; null when there is none.
  std::unique_ptr<ClientConnection> take(const std::string& key, const std::vector<asio::ip::address>& addresses);
  void put(const std::string& key, std::unique_ptr<ClientConnection> connection);
  // Closes all, and each that is put afterwards.
  void close();

 private:
  using Idle = std::vector<std::unique_ptr<ClientConnection>>;  // oldest first

  void drop_oldest();
  void drop_expired();

  Clock& clock_;
  std::size_t per_host_;
  std::size_t in_all_;
  std::chrono::milliseconds timeout_;
  std::unordered_map<std::string, Idle> idle_;  // no empty entry
  std::size_t count_ = 0;
  bool closed_ = false;
  bool alarm_set_ = false;
  Alarm alarm_;
};

}  // namespace crewship
