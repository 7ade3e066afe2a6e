// Ends what a program left behind and collects the dead. What leaves a process group (setsid) and loses its parent
// comes to the daemon, which is a child subreaper, and is recognised by its tag (process_tag.hpp) or its environment.
// Used by the reaper's thread alone; the loop must not wait for processes. Blocks while what it killed dies, but not
// for ever.
#pragma once

#include <string>
#include <vector>

#include <crewship/runs/spawner.hpp>

#include "leaders.hpp"
#include "process_table.hpp"
#include "process_tag.hpp"

namespace crewship {

class Reaper {
 public:
  Reaper(Leaders& leaders, const ProcessGuard& guard);

  // Precondition: the leader is dead and not yet reaped, so its id cannot belong to another.
  ExitStatus reap(pid_t leader, const std::string& run_id);
  // Collects dead processes that were re-parented to the daemon while their run goes on.
  void collect_strays();

 private:
  struct Sweep {
    bool killed = false;
    bool collected = false;
  };
  std::vector<pid_t> adopted_processes() const;
  Sweep sweep_adopted(pid_t leader, ProcessTag tag, const std::string& entry);
  std::vector<pid_t> living(pid_t leader, ProcessTag tag, const std::string& entry) const;
  bool belongs_to_run(pid_t pid, ProcessTag tag, const std::string& entry) const;

  Leaders& leaders_;
  const ProcessGuard& guard_;
  ProcessTag untagged_;  // what a process has that we did not tag
  ThreadChildren main_threads_children_;
};

}  // namespace crewship
