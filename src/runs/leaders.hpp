// The processes that runs were started as: from the start until they are reaped. The guard process is told of each.
// Any thread.
#pragma once

#include <mutex>
#include <unordered_map>

#include <crewship/runs/spawner.hpp>

#include "process_tag.hpp"

namespace crewship {

class Leaders {
 public:
  explicit Leaders(ProcessGuard& guard) : guard_(guard) {}

  // A start begins: what its leader is to be tagged with. It ends with one of the next two.
  ProcessTag begin_start();
  // True when this is the only one now.
  bool started(pid_t leader, ProcessTag tag);
  void failed_to_start();
  // Before it is reaped: afterwards its id can belong to another.
  void remove(pid_t leader);

  ProcessTag tag_of(pid_t leader) const;
  std::size_t count() const;  // started and not yet removed
  // Whether no run but one has a process, or may have one at any moment.
  bool only_one() const;

 private:
  ProcessGuard& guard_;
  mutable std::mutex mutex_;
  std::uint64_t serial_ = 0;
  std::size_t starting_ = 0;
  std::unordered_map<pid_t, ProcessTag> tags_;
};

}  // namespace crewship
