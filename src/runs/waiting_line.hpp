// The places for runs, and the line of callers who wait for one: first come, first served, bounded in length and in
// time. Somebody in the line is nothing but a suspended coroutine; nothing is recorded. Loop thread only; outlives its
// slots and its waiters.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <utility>

#include <crewship/base/caller.hpp>
#include <crewship/base/clock.hpp>
#include <crewship/base/error.hpp>

namespace crewship {

std::unexpected<Error> shutting_down();

class WaitingLine {
 public:
  // The right to run. Given back when destroyed, to the first in the line if there is one.
  class Slot {
   public:
    Slot() = default;
    Slot(Slot&& other) noexcept : line_(std::exchange(other.line_, nullptr)) {}
    Slot& operator=(Slot&& other) noexcept {
      std::swap(line_, other.line_);
      return *this;
    }
    ~Slot() {
      if (line_ != nullptr) line_->give_back();
    }

   private:
    friend WaitingLine;
    explicit Slot(WaitingLine* line) : line_(line) {}
    WaitingLine* line_ = nullptr;
  };

  struct Options {
    std::size_t slots = 64;
    std::size_t max_waiting = 1024;
    std::chrono::milliseconds start_timeout = std::chrono::seconds(25);
  };

  WaitingLine(Executor executor, Clock& clock, Options options)
      : executor_(std::move(executor)), clock_(clock), options_(options) {}

  // Errors: too_many_waiting at once, no_free_slot after start_timeout, shutting_down, caller_gone.
  Task<Result<Slot>> acquire(Caller& caller);
  // What acquire would refuse at once.
  Result<> may_enter() const;
  bool must_wait() const { return busy_ >= options_.slots; }
  // From now on everybody gets shutting_down, those in the line too.
  void close();

  std::size_t busy() const { return busy_; }
  std::size_t waiting() const { return line_.size(); }

 private:
  enum class Fate { waiting, granted, gone, closed };
  struct Waiter;
  class Place;

  void leave(Waiter& waiter, Fate fate);
  void give_back();

  Executor executor_;
  Clock& clock_;
  Options options_;
  std::size_t busy_ = 0;
  bool closed_ = false;
  std::list<Waiter*> line_;
};

}  // namespace crewship
