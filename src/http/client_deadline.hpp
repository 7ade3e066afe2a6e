// The time one post has, and what happens when it is up: the connection in use is closed, so that whatever waits on it
// ends with an error. Loop thread; a local of the post.
#pragma once

#include <chrono>

#include <crewship/base/asio.hpp>
#include <crewship/base/clock.hpp>

#include "alarm.hpp"
#include "client_connection.hpp"

namespace crewship {

class ClientDeadline {
 public:
  ClientDeadline(const Executor& executor, Clock& clock, std::chrono::milliseconds timeout)
      : clock_(clock), end_(clock.steady_now() + timeout), alarm_(executor, clock) {}

  std::chrono::nanoseconds left() const { return end_ - clock_.steady_now(); }
  bool passed() const { return passed_; }

  // Closes this connection and no other when the time is up. It must live until release() or the next watch().
  void watch(ClientConnection& connection) {
    watched_ = &connection;
    if (armed_) return;
    armed_ = true;
    alarm_.set(left(), [this] {
      passed_ = true;
      if (watched_ != nullptr) watched_->close();
    });
  }
  void release() { watched_ = nullptr; }
  // The time begins anew for the connection that is watched.
  void restart(std::chrono::nanoseconds timeout) {
    if (passed_) return;
    end_ = clock_.steady_now() + timeout;
    alarm_.clear();
    armed_ = false;
    if (watched_ != nullptr) watch(*watched_);
  }

 private:
  Clock& clock_;
  SteadyTime end_;
  Alarm alarm_;
  ClientConnection* watched_ = nullptr;
  bool armed_ = false;
  bool passed_ = false;
};

}  // namespace crewship
