// The time limits of all connections of a server, kept by one timer instead of one each. Every kind has one duration,
// so its entries stand in a queue in the order of their deadlines: arming and disarming are a few pointers, and the
// timer moves only when a deadline is earlier than what it waits for. Nothing wakes up when nothing is armed. Loop
// thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

#include <crewship/base/asio.hpp>
#include <crewship/base/clock.hpp>

namespace crewship {

enum class DeadlineKind : unsigned char { idle, request, write, linger, look_again };
inline constexpr std::size_t deadline_kinds = 5;

class Deadlines {
 public:
  class Entry {
   public:
    Entry() = default;
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    virtual ~Entry() = default;  // precondition: disarmed
    // From the loop, already disarmed.
    virtual void on_deadline() = 0;

   private:
    friend class Deadlines;
    Entry* previous_ = nullptr;
    Entry* next_ = nullptr;
    SteadyTime at_{};
    std::optional<DeadlineKind> armed_;
  };

  using Durations = std::array<std::chrono::milliseconds, deadline_kinds>;
  Deadlines(Executor executor, Clock& clock, const Durations& durations);

  void arm(Entry& entry, DeadlineKind kind);  // in place of what was armed
  void disarm(Entry& entry);
  // Ends all that is armed of this kind; what is armed later ends at once, until start() gives it its time back.
  void end(DeadlineKind kind);
  void start(DeadlineKind kind);
  // Watches the time; ends by cancellation.
  Task<void> run();

 private:
  struct Queue {
    Entry* first = nullptr;
    Entry* last = nullptr;
  };
  std::optional<SteadyTime> earliest() const;
  void expire_due(SteadyTime now);
  std::chrono::milliseconds& duration(DeadlineKind kind) { return current_[static_cast<std::size_t>(kind)]; }
  Queue& queue(DeadlineKind kind) { return queues_[static_cast<std::size_t>(kind)]; }

  Clock& clock_;
  const Durations durations_;
  Durations current_;
  std::unique_ptr<Timer> timer_;
  std::array<Queue, deadline_kinds> queues_{};
  SteadyTime waits_until_ = SteadyTime::max();
};

}  // namespace crewship
