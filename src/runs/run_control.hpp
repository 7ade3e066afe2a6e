// What may be asked of a run while it goes on: to stop, for one reason (the first one stays), and to hurry. Shared by
// the executor, who asks, and the run's task, who obeys. Loop thread only.
#pragma once

#include <functional>
#include <list>
#include <utility>

#include <crewship/base/clock.hpp>

namespace crewship {

enum class StopReason { none, canceled, time_limit, output_limit, memory_limit, process_limit, interrupted };

class RunControl {
 public:
  void stop(StopReason reason) {
    if (reason_ != StopReason::none) return;
    reason_ = reason;
    changed();
  }
  // No grace any more.
  void hurry() {
    hurried_ = true;
    changed();
  }
  StopReason reason() const { return reason_; }
  bool hurried() const { return hurried_; }

  // Who is told when one of the above changes; one at a time.
  void listen(std::function<void()> on_change) { on_change_ = std::move(on_change); }

  // Wakes the timer when the run has ended and its end is on disk.
  class EndWatch {
   public:
    EndWatch(RunControl& control, Timer& timer)
        : control_(control), place_(control.end_watchers_.insert(control.end_watchers_.end(), &timer)) {}
    ~EndWatch() { control_.end_watchers_.erase(place_); }
    EndWatch(const EndWatch&) = delete;
    EndWatch& operator=(const EndWatch&) = delete;

   private:
    RunControl& control_;
    std::list<Timer*>::iterator place_;
  };
  void ended() {
    for (Timer* timer : end_watchers_) timer->wake();
  }

 private:
  void changed() {
    if (on_change_) on_change_();
  }

  StopReason reason_ = StopReason::none;
  bool hurried_ = false;
  std::function<void()> on_change_;
  std::list<Timer*> end_watchers_;
};

}  // namespace crewship
