// The process groups that are alive, in memory that the daemon and its guard process share. Lock-free: either side may
// be killed at any moment. A group that finds no place is still found by its environment.
#pragma once

#include <atomic>
#include <cstddef>
#include <span>

#include <sys/types.h>

namespace crewship {

class GuardTable {
 public:
  // Throws std::bad_alloc. Made before the fork.
  explicit GuardTable(std::size_t places);
  ~GuardTable();
  GuardTable(const GuardTable&) = delete;
  GuardTable& operator=(const GuardTable&) = delete;

  void add(pid_t group);
  void remove(pid_t group);
  std::span<std::atomic<pid_t>> places() { return places_; }

 private:
  std::span<std::atomic<pid_t>> places_;
};

}  // namespace crewship
