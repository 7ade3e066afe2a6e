// Ends what a program left behind and collects the dead. What leaves a process group (setsid) and loses its parent
// comes to the daemon, which is a child subreaper, and is recognised by its environment. Used by the spawner's thread
// alone; the loop must not wait for processes. Blocks while what it killed dies, but not for ever.
#pragma once

#include <string>

#include <crewship/runs/spawner.hpp>

namespace crewship {

class Reaper {
 public:
  explicit Reaper(ProcessGuard& guard) : guard_(guard) {}

  void started(pid_t leader);
  // Precondition: the leader is dead and not yet reaped, so its id cannot belong to another.
  ExitStatus reap(pid_t leader, const std::string& run_id);
  // Collects dead processes that were re-parented to the daemon while their run goes on.
  void collect_strays();
  bool has_leaders() const { return leaders_ > 0; }

 private:
  ProcessGuard& guard_;
  std::size_t leaders_ = 0;
};

}  // namespace crewship
