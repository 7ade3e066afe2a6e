#include "support/fake_clock.hpp"

#include <iterator>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

namespace crewship {
namespace {

// What a waiting coroutine and the clock share. Touched on the timer's loop only.
struct Bell {
  explicit Bell(Executor e) : executor(std::move(e)), resume(executor) {
    resume.expires_at(SteadyTimer::time_point::max());
  }

  Executor executor;
  SteadyTimer resume;  // never expires; cancelled to resume the waiter
  bool rung = false;
  bool woken = false;
};

void ring(const std::shared_ptr<Bell>& bell) {
  bell->rung = true;
  bell->resume.cancel();
}

using Waiters = std::multimap<SteadyTime, std::shared_ptr<Bell>>;

}  // namespace

struct FakeClock::State {
  explicit State(WallTime start) : wall(start) {}

  mutable std::mutex mutex;
  WallTime wall;
  SteadyTime steady{std::chrono::hours(1)};
  std::chrono::nanoseconds rest{0};  // of a millisecond, so that many small advances add up on the wall
  Waiters waiters;

  void add(std::chrono::nanoseconds duration, std::shared_ptr<Bell> bell) {
    const std::lock_guard lock(mutex);
    const SteadyTime due = duration < SteadyTime::max() - steady ? steady + duration : SteadyTime::max();
    const auto place = waiters.emplace(due, std::move(bell));
    if (due <= steady) ring_until(std::next(place));
  }

  void remove(const std::shared_ptr<Bell>& bell) {
    const std::lock_guard lock(mutex);
    std::erase_if(waiters, [&bell](const auto& entry) { return entry.second == bell; });
  }

  void ring_until(Waiters::iterator end) {
    for (auto place = waiters.begin(); place != end; place = waiters.erase(place))
      asio::post(place->second->executor, [bell = place->second] { ring(bell); });
  }
};

namespace {

// Takes the timer off the clock however the wait ends, also when its coroutine is destroyed.
class Registration {
 public:
  Registration(std::shared_ptr<FakeClock::State> clock, std::shared_ptr<Bell> bell, std::chrono::nanoseconds duration)
      : clock_(std::move(clock)), bell_(std::move(bell)) {
    clock_->add(duration, bell_);
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;
  ~Registration() { clock_->remove(bell_); }

 private:
  std::shared_ptr<FakeClock::State> clock_;
  std::shared_ptr<Bell> bell_;
};

class FakeTimer final : public Timer {
 public:
  FakeTimer(std::shared_ptr<FakeClock::State> clock, Executor executor)
      : clock_(std::move(clock)), bell_(std::make_shared<Bell>(std::move(executor))) {}

  Task<bool> wait(std::chrono::nanoseconds duration) override {
    if (std::exchange(bell_->woken, false)) co_return false;
    // A bell rung for the wait before this one must not end this one, hence a new one for each.
    bell_ = std::make_shared<Bell>(bell_->executor);
    const std::shared_ptr<Bell> bell = bell_;
    const Registration registration(clock_, bell, duration);
    auto [error] = co_await bell->resume.async_wait(asio::as_tuple(use_awaitable));
    if (std::exchange(bell->woken, false)) co_return false;
    if (!bell->rung) throw boost::system::system_error(error);
    co_return true;
  }

  void wake() override {
    bell_->woken = true;
    bell_->resume.cancel();
  }

 private:
  std::shared_ptr<FakeClock::State> clock_;
  std::shared_ptr<Bell> bell_;
};

}  // namespace

FakeClock::FakeClock(WallTime wall) : state_(std::make_shared<State>(wall)) {}
FakeClock::~FakeClock() = default;

WallTime FakeClock::now() const {
  const std::lock_guard lock(state_->mutex);
  return state_->wall;
}

SteadyTime FakeClock::steady_now() const {
  const std::lock_guard lock(state_->mutex);
  return state_->steady;
}

std::unique_ptr<Timer> FakeClock::make_timer(Executor executor) {
  return std::make_unique<FakeTimer>(state_, std::move(executor));
}

void FakeClock::advance(std::chrono::nanoseconds duration) {
  if (duration < std::chrono::nanoseconds(0)) throw std::invalid_argument("time does not go backwards");
  const std::lock_guard lock(state_->mutex);
  const std::chrono::nanoseconds passed = state_->rest + duration;
  const auto whole = std::chrono::floor<std::chrono::milliseconds>(passed);
  state_->rest = passed - whole;
  state_->wall += whole;
  state_->steady += duration;
  state_->ring_until(state_->waiters.upper_bound(state_->steady));
}

void FakeClock::jump_wall(std::chrono::milliseconds difference) {
  const std::lock_guard lock(state_->mutex);
  state_->wall += difference;
}

void FakeClock::set_wall(WallTime wall) {
  const std::lock_guard lock(state_->mutex);
  state_->wall = wall;
}

std::size_t FakeClock::waiting() const {
  const std::lock_guard lock(state_->mutex);
  return state_->waiters.size();
}

std::optional<std::chrono::nanoseconds> FakeClock::until_next() const {
  const std::lock_guard lock(state_->mutex);
  if (state_->waiters.empty()) return std::nullopt;
  return state_->waiters.begin()->first - state_->steady;
}

}  // namespace crewship
