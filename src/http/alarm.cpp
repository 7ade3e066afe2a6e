#include "alarm.hpp"

#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>

namespace crewship {

struct Alarm::Wait {
  std::unique_ptr<Timer> timer;
  std::function<void()> ring;
};

Alarm::Alarm(Executor executor, Clock& clock) : executor_(std::move(executor)), clock_(clock) {}
Alarm::~Alarm() { clear(); }

void Alarm::set(std::chrono::nanoseconds after, std::function<void()> ring) {
  clear();
  wait_ = std::make_shared<Wait>(clock_.make_timer(executor_), std::move(ring));
  asio::co_spawn(executor_, wait_->timer->wait(after), [wait = wait_](std::exception_ptr failure, bool passed) {
    if (failure) std::rethrow_exception(failure);
    // The function may destroy the alarm that holds it.
    if (const auto call = std::exchange(wait->ring, nullptr); passed && call) call();
  });
}

void Alarm::clear() {
  if (!wait_) return;
  wait_->ring = nullptr;
  wait_->timer->wake();
  wait_.reset();
}

}  // namespace crewship
