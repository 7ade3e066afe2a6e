// A clock that stands still until the test moves it. advance() is time passing: both times go forward and the timers
// that fall due are woken, earliest first. jump_wall() is somebody setting the system's clock: no timer notices. Any
// thread may move it and read it; what it wakes resumes on its own executor, after what is queued there already.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

#include <crewship/base/clock.hpp>

namespace crewship {

class FakeClock final : public Clock {
 public:
  // 2025-01-15T10:30:00.000Z
  static constexpr WallTime default_start{std::chrono::milliseconds{1'736'937'000'000}};

  explicit FakeClock(WallTime wall = default_start);
  ~FakeClock() override;
  FakeClock(const FakeClock&) = delete;
  FakeClock& operator=(const FakeClock&) = delete;

  WallTime now() const override;
  SteadyTime steady_now() const override;
  std::unique_ptr<Timer> make_timer(Executor executor) override;  // may outlive the clock

  void advance(std::chrono::nanoseconds duration);  // not negative
  void jump_wall(std::chrono::milliseconds difference);
  void set_wall(WallTime wall);

  // How many timers are waited for, and how long until the first of them is due: what a test looks at before it
  // advances.
  std::size_t waiting() const;
  std::optional<std::chrono::nanoseconds> until_next() const;

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace crewship
