// What the processes of a run use together, counted from /proc. The spawner's thread; blocking, a few microseconds a
// process. Threads are not counted.
#pragma once

#include <vector>

#include <crewship/runs/spawner.hpp>

#include "process_tag.hpp"

namespace crewship {

// The leader, everything below it, and what lost its parent and was adopted by the daemon. Ends early when it has found
// more than `enough`.
std::vector<pid_t> processes_of_run(pid_t leader, ProcessTag tag, std::size_t enough);

RunUsage measure_run(pid_t leader, ProcessTag tag, const ResourceLimits& limits);

}  // namespace crewship
