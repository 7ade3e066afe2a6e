// Starts one child process: pipes, search for the program, what the child does before it becomes the program. Used by
// the spawner's threads alone, whose signals are all blocked. Errors: unavailable "run_failed_to_start".
#pragma once

#include <string>

#include <crewship/runs/spawner.hpp>

#include "process_tag.hpp"

namespace crewship {

struct ChildMarks {
  std::string entry;  // "NAME=value", added to its environment
  ProcessTag tag = 0;
};

// `run_as`: null for the daemon's own user. The child is registered nowhere yet.
Result<Child> start_child(const SpawnRequest& request, const ChildMarks& marks, const RunAs* run_as);

}  // namespace crewship
