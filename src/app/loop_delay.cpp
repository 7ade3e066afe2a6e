#include "loop_delay.hpp"

#include <algorithm>

#include <crewship/base/log_limit.hpp>

namespace crewship {

Task<void> watch_loop_delay(Clock& clock, Executor executor, Histogram& delay_seconds) {
  constexpr std::chrono::nanoseconds interval = std::chrono::milliseconds(250);
  const auto timer = clock.make_timer(executor);
  while (true) {
    const auto due = clock.steady_now() + interval;
    co_await timer->wait(interval);
    delay_seconds.observe(std::max(clock.steady_now() - due, std::chrono::nanoseconds(0)));
    log_left_out_refusals();
  }
}

}  // namespace crewship
