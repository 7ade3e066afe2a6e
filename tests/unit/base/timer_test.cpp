// What a Timer promises, shown by both clocks: the system's and the one that tests move.
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include <crewship/base/clock.hpp>

#include "support/fake_clock.hpp"
#include "support/run_loop.hpp"

namespace crewship {
namespace {

using namespace std::chrono_literals;

constexpr auto never = std::chrono::nanoseconds::max();

template <class AnyClock>
class TimerTest : public testing::Test {
 protected:
  RunLoop loop_;
  AnyClock clock_;
  std::unique_ptr<Timer> timer_ = clock_.make_timer(loop_.executor());
};
using Clocks = testing::Types<SystemClock, FakeClock>;
TYPED_TEST_SUITE(TimerTest, Clocks);

Task<void> wait_into(Timer& timer, std::chrono::nanoseconds duration, std::optional<bool>& result) {
  result = co_await timer.wait(duration);
}

void start(RunLoop& loop, Task<void> task) {
  asio::co_spawn(loop.context(), std::move(task), [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  });
  loop.poll();
}

TYPED_TEST(TimerTest, WakeEndsAWait) {
  std::optional<bool> result;
  start(this->loop_, wait_into(*this->timer_, never, result));
  EXPECT_EQ(result, std::nullopt);
  this->timer_->wake();
  EXPECT_EQ(result, std::nullopt) << "the waiter resumes on the loop, not inside wake()";
  this->loop_.poll();
  EXPECT_EQ(result, false);
  EXPECT_TRUE(this->loop_.idle());
}

TYPED_TEST(TimerTest, WakeBeforeTheWaitIsKept) {
  this->timer_->wake();
  EXPECT_FALSE(this->loop_.run(this->timer_->wait(never)));
}

TYPED_TEST(TimerTest, ManyWakesAreKeptAsOne) {
  this->timer_->wake();
  this->timer_->wake();
  EXPECT_FALSE(this->loop_.run(this->timer_->wait(never)));
  EXPECT_TRUE(this->loop_.run(this->timer_->wait(0s)));
}

TYPED_TEST(TimerTest, WakeThatEndedAWaitIsSpent) {
  std::optional<bool> result;
  start(this->loop_, wait_into(*this->timer_, never, result));
  this->timer_->wake();
  this->loop_.poll();
  EXPECT_EQ(result, false);
  EXPECT_TRUE(this->loop_.run(this->timer_->wait(0s)));
}

TYPED_TEST(TimerTest, NoTimeIsOverAtOnce) {
  EXPECT_TRUE(this->loop_.run(this->timer_->wait(0s)));
  EXPECT_TRUE(this->loop_.run(this->timer_->wait(-1h)));
}

TYPED_TEST(TimerTest, TerminalCancellationThrowsOperationAborted) {
  std::optional<bool> result;
  asio::cancellation_signal signal;
  std::exception_ptr thrown;
  asio::co_spawn(
      this->loop_.context(), wait_into(*this->timer_, never, result),
      asio::bind_cancellation_slot(signal.slot(), [&thrown](const std::exception_ptr& failure) { thrown = failure; }));
  this->loop_.poll();
  signal.emit(asio::cancellation_type::terminal);
  this->loop_.poll();
  ASSERT_TRUE(thrown);
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& error) {
    EXPECT_EQ(error.code(), asio::error::operation_aborted);
  }
  EXPECT_EQ(result, std::nullopt);
  EXPECT_TRUE(this->loop_.idle());
  EXPECT_TRUE(this->loop_.run(this->timer_->wait(0s))) << "the timer is as good as new";
}

TYPED_TEST(TimerTest, LoopMayGoWhileSomebodyWaits) {
  std::optional<bool> result;
  start(this->loop_, wait_into(*this->timer_, never, result));
}

TEST(SystemTimer, WaitsForItsDuration) {
  RunLoop loop;
  SystemClock clock;
  const auto timer = clock.make_timer(loop.executor());
  const SteadyTime before = clock.steady_now();
  EXPECT_TRUE(loop.run(timer->wait(2ms)));
  EXPECT_GE(clock.steady_now() - before, 2ms);
}

TEST(SystemClock, TellsTheTime) {
  const SystemClock clock;
  EXPECT_GT(clock.now(), WallTime(std::chrono::sys_days(std::chrono::year(2024) / 1 / 1)));
  const SteadyTime before = clock.steady_now();
  EXPECT_GE(clock.steady_now(), before);
}

class FakeClockTest : public testing::Test {
 protected:
  RunLoop loop_;
  FakeClock clock_;
};

Task<void> note(Timer& timer, std::chrono::nanoseconds duration, std::string name, std::vector<std::string>& order) {
  co_await timer.wait(duration);
  order.push_back(std::move(name));
}

TEST_F(FakeClockTest, FiresOnlyWhatIsDueEarliestFirst) {
  const auto a = clock_.make_timer(loop_.executor());
  const auto b = clock_.make_timer(loop_.executor());
  const auto c = clock_.make_timer(loop_.executor());
  std::vector<std::string> order;
  start(loop_, note(*a, 3s, "a", order));
  start(loop_, note(*b, 2s, "b", order));
  start(loop_, note(*c, 4s, "c", order));
  EXPECT_EQ(clock_.waiting(), 3U);
  EXPECT_EQ(clock_.until_next(), 2s);
  clock_.advance(1999ms);
  loop_.poll();
  EXPECT_TRUE(order.empty());
  clock_.advance(1001ms);
  loop_.poll();
  EXPECT_EQ(order, (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(clock_.waiting(), 1U);
  clock_.advance(1s);
  loop_.poll();
  EXPECT_EQ(order.back(), "c");
  EXPECT_EQ(clock_.until_next(), std::nullopt);
}

TEST_F(FakeClockTest, AdvanceMovesBothTimesAndKeepsTheRest) {
  const WallTime wall = clock_.now();
  const SteadyTime steady = clock_.steady_now();
  for (int i = 0; i < 4; ++i) clock_.advance(250us);
  EXPECT_EQ(clock_.now() - wall, 1ms);
  EXPECT_EQ(clock_.steady_now() - steady, 1ms);
}

TEST_F(FakeClockTest, JumpMovesTheWallOnlyAndWakesNobody) {
  const auto timer = clock_.make_timer(loop_.executor());
  const SteadyTime steady = clock_.steady_now();
  const WallTime wall = clock_.now();
  std::vector<std::string> order;
  start(loop_, note(*timer, 1s, "a", order));
  clock_.jump_wall(24h);
  loop_.poll();
  EXPECT_TRUE(order.empty());
  EXPECT_EQ(clock_.now(), wall + 24h);
  EXPECT_EQ(clock_.steady_now(), steady);
  clock_.set_wall(wall);
  EXPECT_EQ(clock_.now(), wall);
  clock_.advance(1s);
  loop_.poll();
  EXPECT_FALSE(order.empty());
}

TEST_F(FakeClockTest, ACancelledOrWokenWaitIsTakenOffTheClock) {
  const auto timer = clock_.make_timer(loop_.executor());
  std::optional<bool> result;
  start(loop_, wait_into(*timer, 1s, result));
  timer->wake();
  loop_.poll();
  EXPECT_EQ(clock_.waiting(), 0U);
}

TEST_F(FakeClockTest, WakeAndExpiryTogetherAreAWake) {
  const auto timer = clock_.make_timer(loop_.executor());
  std::optional<bool> result;
  start(loop_, wait_into(*timer, 1s, result));
  clock_.advance(1s);
  timer->wake();
  loop_.poll();
  EXPECT_EQ(result, false);
  EXPECT_TRUE(loop_.idle());
}

TEST_F(FakeClockTest, MayBeMovedFromAnotherThread) {
  const auto timer = clock_.make_timer(loop_.executor());
  std::vector<std::string> order;
  start(loop_, note(*timer, 1h, "a", order));
  std::jthread mover([this] { clock_.advance(1h); });
  loop_.until([&order] { return !order.empty(); });
}

}  // namespace
}  // namespace crewship
