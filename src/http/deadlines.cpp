#include "deadlines.hpp"

#include <utility>

namespace crewship {
namespace {

// How long the timer waits when nothing is armed; arming wakes it.
constexpr SteadyTime::duration no_deadline = std::chrono::hours(24);

}  // namespace

Deadlines::Deadlines(Executor executor, Clock& clock, const Durations& durations)
    : clock_(clock), durations_(durations), current_(durations), timer_(clock.make_timer(std::move(executor))) {}

void Deadlines::arm(Entry& entry, DeadlineKind kind) {
  disarm(entry);
  Queue& line = queue(kind);
  entry.at_ = clock_.steady_now() + duration(kind);
  entry.armed_ = kind;
  entry.previous_ = line.last;
  (line.last ? line.last->next_ : line.first) = &entry;
  line.last = &entry;
  if (entry.at_ >= waits_until_) return;
  waits_until_ = entry.at_;
  timer_->wake();
}

void Deadlines::disarm(Entry& entry) {
  if (!entry.armed_) return;
  Queue& line = queue(*entry.armed_);
  (entry.previous_ ? entry.previous_->next_ : line.first) = entry.next_;
  (entry.next_ ? entry.next_->previous_ : line.last) = entry.previous_;
  entry.previous_ = nullptr;
  entry.next_ = nullptr;
  entry.armed_.reset();
}

void Deadlines::end(DeadlineKind kind) {
  duration(kind) = {};
  Queue& line = queue(kind);
  while (Entry* const entry = line.first) {
    disarm(*entry);
    entry->on_deadline();
  }
}

void Deadlines::start(DeadlineKind kind) { duration(kind) = durations_[static_cast<std::size_t>(kind)]; }

Task<void> Deadlines::run() {
  for (;;) {
    const SteadyTime now = clock_.steady_now();
    expire_due(now);
    const auto next = earliest();
    waits_until_ = next.value_or(SteadyTime::max());
    co_await timer_->wait(next ? *next - now : no_deadline);
  }
}

std::optional<SteadyTime> Deadlines::earliest() const {
  std::optional<SteadyTime> found;
  for (const Queue& line : queues_)
    if (line.first && (!found || line.first->at_ < *found)) found = line.first->at_;
  return found;
}

void Deadlines::expire_due(SteadyTime now) {
  for (Queue& line : queues_) {
    while (line.first && line.first->at_ <= now) {
      Entry& entry = *line.first;
      disarm(entry);
      entry.on_deadline();
    }
  }
}

}  // namespace crewship
