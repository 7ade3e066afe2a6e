#include "leaders.hpp"

namespace crewship {

ProcessTag Leaders::begin_start() {
  const std::lock_guard lock(mutex_);
  ++starting_;
  return make_process_tag(guard_.instance_tag(), ++serial_);
}

bool Leaders::started(pid_t leader, ProcessTag tag) {
  guard_.add(leader);
  const std::lock_guard lock(mutex_);
  --starting_;
  tags_.emplace(leader, tag);
  return tags_.size() == 1;
}

void Leaders::failed_to_start() {
  const std::lock_guard lock(mutex_);
  --starting_;
}

void Leaders::remove(pid_t leader) {
  guard_.remove(leader);
  const std::lock_guard lock(mutex_);
  tags_.erase(leader);
}

ProcessTag Leaders::tag_of(pid_t leader) const {
  const std::lock_guard lock(mutex_);
  return tags_.at(leader);
}

std::size_t Leaders::count() const {
  const std::lock_guard lock(mutex_);
  return tags_.size();
}

bool Leaders::only_one() const {
  const std::lock_guard lock(mutex_);
  return tags_.size() + starting_ == 1;
}

}  // namespace crewship
