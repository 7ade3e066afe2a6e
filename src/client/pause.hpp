// Time to pass before something is tried again.
#pragma once

#include <chrono>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <crewship/base/asio.hpp>
#include <crewship/base/clock.hpp>

namespace crewship {

inline void pause(Clock& clock, std::chrono::nanoseconds duration) {
  if (duration <= std::chrono::nanoseconds(0)) return;
  asio::io_context loop(1);
  const auto timer = clock.make_timer(loop.get_executor());
  asio::co_spawn(loop, timer->wait(duration), asio::detached);
  loop.run();
}

}  // namespace crewship
