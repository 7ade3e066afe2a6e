#include "guard_table.hpp"

#include <memory>
#include <new>

#include <sys/mman.h>

namespace crewship {

static_assert(std::atomic<pid_t>::is_always_lock_free);

GuardTable::GuardTable(std::size_t places) {
  void* memory =
      ::mmap(nullptr, places * sizeof(std::atomic<pid_t>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  auto* first = static_cast<std::atomic<pid_t>*>(memory);
  std::uninitialized_value_construct_n(first, places);
  places_ = {first, places};
}

GuardTable::~GuardTable() { ::munmap(places_.data(), places_.size_bytes()); }

void GuardTable::add(pid_t group) {
  for (auto& place : places_) {
    pid_t empty = 0;
    if (place.compare_exchange_strong(empty, group)) return;
  }
}

void GuardTable::remove(pid_t group) {
  for (auto& place : places_) {
    pid_t expected = group;
    if (place.compare_exchange_strong(expected, 0)) return;
  }
}

}  // namespace crewship
