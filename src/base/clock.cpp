#include <crewship/base/clock.hpp>

#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace crewship {
namespace {

class SystemTimer final : public Timer {
 public:
  explicit SystemTimer(const Executor& executor) : timer_(executor) {}

  Task<bool> wait(std::chrono::nanoseconds duration) override {
    if (std::exchange(woken_, false)) co_return false;
    timer_.expires_after(duration);
    auto [error] = co_await timer_.async_wait(asio::as_tuple(use_awaitable));
    if (std::exchange(woken_, false)) co_return false;
    if (error) throw boost::system::system_error(error);
    co_return true;
  }

  void wake() override {
    woken_ = true;
    timer_.cancel();
  }

 private:
  SteadyTimer timer_;
  bool woken_ = false;
};

}  // namespace

WallTime SystemClock::now() const {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

SteadyTime SystemClock::steady_now() const { return std::chrono::steady_clock::now(); }

std::unique_ptr<Timer> SystemClock::make_timer(Executor executor) { return std::make_unique<SystemTimer>(executor); }

}  // namespace crewship
