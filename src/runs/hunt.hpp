// Ends processes that may be starting others all the while. One that is stopped starts nobody and keeps its place among
// those that its user may have, so each stop is progress; a kill alone would only make room for the next. Used by the
// spawner's thread and by the guard process.
#pragma once

#include <csignal>
#include <unordered_set>
#include <vector>

#include <sys/types.h>

namespace crewship {

// `find` returns those that are alive. Returns whom it has killed; they are dying.
template <class Find>
std::vector<pid_t> hunt_down(Find find) {
  constexpr int rounds = 200;
  std::unordered_set<pid_t> stopped;
  auto living = find();
  for (int round = 0; round < rounds; ++round) {
    bool fresh = false;
    for (const pid_t pid : living) {
      if (!stopped.insert(pid).second) continue;
      ::kill(pid, SIGSTOP);
      fresh = true;
    }
    if (!fresh) break;
    living = find();
  }
  for (const pid_t pid : living) ::kill(pid, SIGKILL);
  return living;
}

}  // namespace crewship
