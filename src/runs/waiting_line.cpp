#include "waiting_line.hpp"

#include <memory>

#include "caller_watch.hpp"

namespace crewship {
namespace {

std::unexpected<Error> retry_later(ErrorKind kind, std::string code, std::string message, std::chrono::seconds after) {
  return std::unexpected(
      Error{.kind = kind, .code = std::move(code), .message = std::move(message), .retry_after = after});
}

std::unexpected<Error> too_many_waiting() {
  return retry_later(ErrorKind::too_many_requests, "too_many_waiting",
                     "Too many requests are waiting for a free run slot. Try again later.", std::chrono::seconds(1));
}

std::unexpected<Error> no_free_slot() {
  return retry_later(ErrorKind::unavailable, "no_free_slot",
                     "All run slots stayed busy. Nothing was started; try again later.", std::chrono::seconds(5));
}

}  // namespace

std::unexpected<Error> shutting_down() {
  return retry_later(ErrorKind::unavailable, "shutting_down", "The server is shutting down. Try again later.",
                     std::chrono::seconds(5));
}

struct WaitingLine::Waiter {
  std::unique_ptr<Timer> timer;
  std::list<Waiter*>::iterator place{};
  Fate fate = Fate::waiting;
  Slot slot{};
};

// Somebody's place in the line, given up however the wait ends.
class WaitingLine::Place {
 public:
  Place(WaitingLine& line, Waiter& waiter) : line_(line), waiter_(waiter) {
    waiter_.place = line_.line_.insert(line_.line_.end(), &waiter_);
  }
  ~Place() {
    if (waiter_.fate == Fate::waiting) line_.line_.erase(waiter_.place);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  WaitingLine& line_;
  Waiter& waiter_;
};

Result<> WaitingLine::may_enter() const {
  if (closed_) return shutting_down();
  if (must_wait() && line_.size() >= options_.max_waiting) return too_many_waiting();
  return {};
}

Task<Result<WaitingLine::Slot>> WaitingLine::acquire(Caller& caller) {
  if (auto allowed = may_enter(); !allowed) co_return std::unexpected(std::move(allowed).error());
  if (!must_wait()) {
    ++busy_;
    co_return Slot(this);
  }
  Waiter waiter{.timer = clock_.make_timer(executor_)};
  const Place place(*this, waiter);
  const CallerWatch watch(caller, [this, &waiter] { leave(waiter, Fate::gone); });
  co_await waiter.timer->wait(options_.start_timeout);
  switch (waiter.fate) {
    case Fate::granted:
      co_return std::move(waiter.slot);
    case Fate::gone:
      co_return caller_gone();
    case Fate::closed:
      co_return shutting_down();
    case Fate::waiting:
      break;
  }
  co_return no_free_slot();
}

void WaitingLine::leave(Waiter& waiter, Fate fate) {
  if (waiter.fate != Fate::waiting) return;
  waiter.fate = fate;
  line_.erase(waiter.place);
  waiter.timer->wake();
}

void WaitingLine::give_back() {
  if (line_.empty()) {
    --busy_;
    return;
  }
  // The place changes hands without becoming free, so nobody can overtake the line.
  Waiter& first = *line_.front();
  first.slot = Slot(this);
  leave(first, Fate::granted);
}

void WaitingLine::close() {
  closed_ = true;
  while (!line_.empty()) leave(*line_.front(), Fate::closed);
}

}  // namespace crewship
