// An event that happens once and that several coroutines can wait for. Loop thread only; outlives its waiters.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <crewship/base/asio.hpp>

namespace crewship {

class Notification {
 public:
  explicit Notification(const Executor& executor) : bell_(executor, SteadyTimer::time_point::max()) {}

  void notify() {
    happened_ = true;
    bell_.cancel();
  }
  bool happened() const { return happened_; }

  // Honours terminal cancellation by throwing operation_aborted.
  Task<void> wait() {
    if (happened_) co_return;
    auto [error] = co_await bell_.async_wait(asio::as_tuple(use_awaitable));
    if (!happened_) throw boost::system::system_error(error);
  }

 private:
  SteadyTimer bell_;  // never expires; cancelled to resume who waits
  bool happened_ = false;
};

}  // namespace crewship
