// Starts one child process with vfork: pipes, search for the program, what the child does before it becomes the program.
// Used by the spawner's thread alone, whose signals are all blocked. Errors: unavailable "run_failed_to_start".
#pragma once

#include <memory>
#include <string>

#include <crewship/runs/spawner.hpp>

namespace crewship {

class ChildStarter {
 public:
  // `marker_entry`: "NAME=value", added to every child's environment.
  explicit ChildStarter(std::string marker_entry);
  ~ChildStarter();

  // The child is registered nowhere yet.
  Result<Child> start(const SpawnRequest& request);

 private:
  struct Report;
  std::string marker_entry_;
  Report* report_;  // a page shared with the child, so that it works whether vfork shares memory or copies it
};

}  // namespace crewship
