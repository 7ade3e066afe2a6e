// Tells systemd how the daemon is, when systemd started it (sd_notify(3): datagrams to NOTIFY_SOCKET): ready,
// reloading, stopping, and alive, for its watchdog. Without a service manager nothing is sent. A message that cannot be
// sent is logged and not tried again. Loop thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <crewship/base/asio.hpp>
#include <crewship/base/clock.hpp>
#include <crewship/base/unique_fd.hpp>

namespace crewship {

class ServiceManager {
 public:
  // What systemd puts into the environment; empty: not there.
  struct Environment {
    std::string notify_socket;
    std::string watchdog_usec;
    std::string watchdog_pid;
  };
  ServiceManager(const Environment& environment, Clock& clock);

  void ready();
  // A reload begins and ends. Before ready() and after stopping() that is nobody's business.
  void reloading();
  void reloaded();
  // The stop may take so long; without it TimeoutStopSec= would have to be as long as executor.drain_timeout.
  void stopping(std::chrono::microseconds at_most);
  // Says twice in each period that the loop is alive. Returns at once when nobody watches, else never.
  Task<void> feed_watchdog(Executor executor);

 private:
  void send(std::string_view message);

  Clock& clock_;
  UniqueFd socket_;
  std::string address_;                    // "/run/systemd/notify", or "@…" for an abstract one
  bool serving_ = false;                   // between ready() and stopping()
  std::chrono::microseconds watchdog_{0};  // 0: nobody watches
};

}  // namespace crewship
