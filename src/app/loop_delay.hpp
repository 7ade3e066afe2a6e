// How late the loop is: a timer that should have rung a moment ago tells how long everybody waits for their turn.
#pragma once

#include <crewship/base/clock.hpp>
#include <crewship/base/metrics.hpp>

namespace crewship {

// Four looks a second; runs until it is cancelled.
Task<void> watch_loop_delay(Clock& clock, Executor executor, Histogram& delay_seconds);

}  // namespace crewship
