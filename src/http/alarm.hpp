// Calls back once when a time has passed, unless it was cleared before: Clock's timer for code that is busy waiting for
// something else. Loop thread; owned by the one who is called.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <crewship/base/asio.hpp>
#include <crewship/base/clock.hpp>

namespace crewship {

class Alarm {
 public:
  Alarm(Executor executor, Clock& clock);
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  // Takes the place of what was set before.
  void set(std::chrono::nanoseconds after, std::function<void()> ring);
  // From here on `ring` is not called; what is left of the wait ends with the loop's next turn.
  void clear();

 private:
  struct Wait;
  Executor executor_;
  Clock& clock_;
  std::shared_ptr<Wait> wait_;
};

}  // namespace crewship
