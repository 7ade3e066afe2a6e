// Starts one child process with vfork: pipes, search for the program, what the child does before it becomes the
// program. Used by the spawner's thread alone, whose signals are all blocked. Errors: unavailable
// "run_failed_to_start".
#pragma once

#include <string>

#include <crewship/runs/spawner.hpp>

namespace crewship {

// `marker_entry` ("NAME=value") is added to the child's environment. The child is registered nowhere yet.
Result<Child> start_child(const SpawnRequest& request, const std::string& marker_entry);

}  // namespace crewship
