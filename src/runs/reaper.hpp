// Ends what a program left behind and collects the dead. What leaves a process group (setsid) and loses its parent
// comes to the daemon, which is a child subreaper, and is recognised by its tag (process_tag.hpp) or its environment.
// Used by the spawner's thread alone; the loop must not wait for processes. Blocks while what it killed dies, but not
// for ever.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include <crewship/runs/spawner.hpp>

#include "process_tag.hpp"

namespace crewship {

class Reaper {
 public:
  explicit Reaper(ProcessGuard& guard);

  // What the next leader is to be tagged with; then that it has started.
  ProcessTag next_tag();
  void started(pid_t leader, ProcessTag tag);
  ProcessTag tag_of(pid_t leader) const { return leaders_.at(leader); }
  // Precondition: the leader is dead and not yet reaped, so its id cannot belong to another.
  ExitStatus reap(pid_t leader, const std::string& run_id);
  // Collects dead processes that were re-parented to the daemon while their run goes on.
  void collect_strays();
  bool has_leaders() const { return !leaders_.empty(); }

 private:
  struct Sweep {
    bool killed = false;
    bool collected = false;
  };
  std::vector<pid_t> adopted_processes() const;
  Sweep sweep_adopted(pid_t leader, ProcessTag tag, const std::string& entry);
  std::vector<pid_t> living(pid_t leader, ProcessTag tag, const std::string& entry) const;
  bool belongs_to_run(pid_t pid, ProcessTag tag, const std::string& entry) const;

  ProcessGuard& guard_;
  std::uint64_t serial_ = 0;
  ProcessTag untagged_;  // what a process has that we did not tag
  std::unordered_map<pid_t, ProcessTag> leaders_;
};

}  // namespace crewship
