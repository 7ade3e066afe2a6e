// Time as a seam: the only `now()` of the program is behind Clock, so that tests can move it.
// Wall time is what is stored and shown (milliseconds, UTC); steady time measures durations and deadlines.
#pragma once

#include <chrono>
#include <memory>

#include <crewship/base/asio.hpp>

namespace crewship {

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

// A wait that can be ended early. Loop thread only; one waiter at a time. Owned by the one who waits.
class Timer {
 public:
  virtual ~Timer() = default;
  // True when the duration has passed, false when wake() ended it; false also when both happened before the waiter came
  // to run. A wake() while nobody waits is kept for the next wait, so a notification is never lost; many are kept as
  // one. nanoseconds::max() waits until woken. Honours terminal cancellation by throwing operation_aborted.
  virtual Task<bool> wait(std::chrono::nanoseconds duration) = 0;
  virtual void wake() = 0;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime now() const = 0;           // any thread
  virtual SteadyTime steady_now() const = 0;  // any thread
  virtual std::unique_ptr<Timer> make_timer(Executor executor) = 0;
};

class SystemClock final : public Clock {
 public:
  WallTime now() const override;
  SteadyTime steady_now() const override;
  std::unique_ptr<Timer> make_timer(Executor executor) override;
};

}  // namespace crewship
