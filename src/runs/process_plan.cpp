#include "process_plan.hpp"

namespace crewship {

ProcessDecision ProcessPlan::decide(const ProcessFacts& facts, SteadyTime now) {
  if (facts.leader_ended && !facts.pipes_open) return {ProcessStep::finish};
  if (!facts.leader_ended && !facts.stop_wanted) {
    if (now >= time_limit_end_) return {ProcessStep::time_is_up};
    return {ProcessStep::wait, time_limit_end_};
  }
  // It was asked to stop, or has ended and left somebody who holds its pipes: they get a signal and the grace.
  if (!grace_end_) {
    grace_end_ = now + kill_grace_;
    return {ProcessStep::terminate};
  }
  if (!facts.hurry && now < *grace_end_) return {ProcessStep::wait, *grace_end_};
  if (facts.leader_ended) return {ProcessStep::finish};
  if (killed_) return {ProcessStep::wait};
  killed_ = true;
  return {ProcessStep::kill};
}

}  // namespace crewship
