// When a program is asked to end, when it is killed, and when its run is over: pure, so that every order of events can
// be tried. run_process.cpp carries it out.
#pragma once

#include <chrono>
#include <optional>

#include <crewship/base/clock.hpp>

namespace crewship {

struct ProcessFacts {
  bool leader_ended = false;
  bool pipes_open = true;  // somebody may still write to stdout or stderr
  bool stop_wanted = false;
  bool hurry = false;
};

enum class ProcessStep {
  wait,
  time_is_up,  // the time limit has passed; want a stop
  terminate,   // SIGTERM to the group
  kill,        // SIGKILL to the group
  finish,      // nothing more is waited for; what is left dies when the leader is reaped
};

struct ProcessDecision {
  ProcessStep step = ProcessStep::wait;
  SteadyTime until = SteadyTime::max();  // when waiting: look again then, or when a fact changes
};

class ProcessPlan {
 public:
  ProcessPlan(SteadyTime time_limit_end, std::chrono::nanoseconds kill_grace)
      : time_limit_end_(time_limit_end), kill_grace_(kill_grace) {}

  // What to do now; each step but wait is said once, then it is to be asked again.
  ProcessDecision decide(const ProcessFacts& facts, SteadyTime now);

 private:
  SteadyTime time_limit_end_;
  std::chrono::nanoseconds kill_grace_;
  std::optional<SteadyTime> grace_end_;  // of the SIGTERM that was sent
  bool killed_ = false;
};

}  // namespace crewship
