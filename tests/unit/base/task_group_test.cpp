#include <crewship/base/task_group.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>

#include "support/fake_clock.hpp"
#include "support/log_capture.hpp"
#include "support/run_loop.hpp"

namespace crewship {
namespace {

using namespace std::chrono_literals;

constexpr auto forever = std::chrono::nanoseconds::max();

class TaskGroupTest : public testing::Test {
 protected:
  std::unique_ptr<Timer> timer() { return clock_.make_timer(loop_.executor()); }
  TaskGroup::FailureHandler keep_failures() {
    return [this](std::string_view task, const std::exception_ptr& failure) {
      EXPECT_TRUE(failure);
      failed_.emplace_back(task);
    };
  }
  // Starts a joiner; true afterwards when the group has let it go.
  void start_join() {
    asio::co_spawn(loop_.context(), group_.join(), [this](const std::exception_ptr& failure) {
      EXPECT_FALSE(failure);
      joined_ = true;
    });
    loop_.poll();
  }

  LogCapture log_;
  RunLoop loop_;
  FakeClock clock_;
  std::vector<std::string> failed_;
  TaskGroup group_{loop_.executor(), "tests", keep_failures()};
  bool joined_ = false;
};

Task<void> nothing() { co_return; }

Task<void> wait_for(Timer& timer, std::chrono::nanoseconds duration) { co_await timer.wait(duration); }

Task<void> throw_bug() {
  throw std::logic_error("a bug");
  co_return;
}

Task<void> throw_number() {
  throw 7;
  co_return;
}

Task<void> wait_then_throw(Timer& timer) {
  co_await timer.wait(1s);
  throw std::logic_error("a late bug");
}

TEST_F(TaskGroupTest, JoinOfAnEmptyGroupReturns) {
  loop_.run(group_.join());
  EXPECT_EQ(group_.size(), 0U);
}

TEST_F(TaskGroupTest, JoinWaitsForTheLastTask) {
  const auto first = timer();
  const auto second = timer();
  group_.spawn("first", wait_for(*first, 1s));
  group_.spawn("second", wait_for(*second, 2s));
  EXPECT_EQ(group_.size(), 2U);
  start_join();
  clock_.advance(1s);
  loop_.poll();
  EXPECT_EQ(group_.size(), 1U);
  EXPECT_FALSE(joined_);
  clock_.advance(1s);
  loop_.poll();
  EXPECT_EQ(group_.size(), 0U);
  EXPECT_TRUE(joined_);
  EXPECT_TRUE(loop_.idle());
  EXPECT_TRUE(log_.lines().empty()) << log_.text();
}

TEST_F(TaskGroupTest, CanBeJoinedAgain) {
  group_.spawn("one", nothing());
  loop_.run(group_.join());
  group_.spawn("two", nothing());
  EXPECT_EQ(group_.size(), 1U);
  loop_.run(group_.join());
  EXPECT_EQ(group_.size(), 0U);
}

Task<void> spawn_another(TaskGroup& group, Timer& outer, Timer& inner) {
  co_await outer.wait(1s);
  group.spawn("inner", wait_for(inner, 1s));
}

TEST_F(TaskGroupTest, JoinWaitsForTasksSpawnedMeanwhile) {
  const auto outer = timer();
  const auto inner = timer();
  group_.spawn("outer", spawn_another(group_, *outer, *inner));
  start_join();
  clock_.advance(1s);
  loop_.poll();
  EXPECT_FALSE(joined_);
  clock_.advance(1s);
  loop_.poll();
  EXPECT_TRUE(joined_);
}

TEST_F(TaskGroupTest, CancelEndsWaitsAndIsNoFailure) {
  const auto first = timer();
  const auto second = timer();
  group_.spawn("first", wait_for(*first, forever));
  group_.spawn("second", wait_for(*second, forever));
  start_join();
  group_.cancel();
  loop_.poll();
  EXPECT_TRUE(joined_);
  EXPECT_TRUE(failed_.empty());
  EXPECT_TRUE(log_.lines().empty()) << log_.text();
  EXPECT_TRUE(loop_.idle());
}

TEST_F(TaskGroupTest, CancelReachesATaskThatHasNotBegun) {
  const auto only = timer();
  group_.spawn("only", wait_for(*only, forever));
  group_.cancel();
  start_join();
  EXPECT_TRUE(joined_);
}

TEST_F(TaskGroupTest, CancelLeavesLaterTasksAlone) {
  const auto early = timer();
  const auto late = timer();
  group_.spawn("early", wait_for(*early, forever));
  group_.cancel();
  group_.spawn("late", wait_for(*late, 1s));
  loop_.poll();
  EXPECT_EQ(group_.size(), 1U);
  clock_.advance(1s);
  loop_.run(group_.join());
}

TEST_F(TaskGroupTest, CancelAfterTheEndDoesNothing) {
  group_.spawn("only", nothing());
  group_.cancel();
  loop_.run(group_.join());
  group_.cancel();
  EXPECT_TRUE(loop_.idle());
}

// The task ends in the same turn of the loop in which the cancellation is on its way.
TEST_F(TaskGroupTest, CancelMeetsATaskThatIsJustEnding) {
  for (int i = 0; i < 10; ++i) group_.spawn("ending", nothing());
  loop_.context().restart();
  for (int step = 0; step < 5; ++step) {
    loop_.context().poll_one();
    group_.cancel();
  }
  loop_.run(group_.join());
  EXPECT_TRUE(failed_.empty());
}

Task<void> clean_up(Timer& wait, Timer& cleaning, bool& cleaned) {
  try {
    co_await wait.wait(forever);
  } catch (const boost::system::system_error&) {
    cleaned = false;
  }
  co_await asio::this_coro::reset_cancellation_state();
  co_await cleaning.wait(1s);
  cleaned = true;
}

TEST_F(TaskGroupTest, JoinWaitsForTheCleaningUpOfACancelledTask) {
  const auto wait = timer();
  const auto cleaning = timer();
  bool cleaned = false;
  group_.spawn("careful", clean_up(*wait, *cleaning, cleaned));
  loop_.poll();
  group_.cancel();
  start_join();
  EXPECT_FALSE(joined_);
  clock_.advance(1s);
  loop_.poll();
  EXPECT_TRUE(cleaned);
  EXPECT_TRUE(joined_);
}

TEST_F(TaskGroupTest, AnExceptionIsLoggedWithTheTasksNameAndHandedOver) {
  group_.spawn("buggy", throw_bug());
  group_.spawn("odd", throw_number());
  const auto late = timer();
  group_.spawn("late", wait_then_throw(*late));
  loop_.poll();
  clock_.advance(1s);
  loop_.run(group_.join());
  EXPECT_EQ(failed_, (std::vector<std::string>{"buggy", "odd", "late"}));
  EXPECT_TRUE(log_.has_line("ERROR task failed", "group=tests", "task=buggy", "error=\"a bug\"")) << log_.text();
  EXPECT_TRUE(log_.has_line("task=odd", "error=\"an exception of an unknown type\"")) << log_.text();
}

TEST_F(TaskGroupTest, AFailureWithoutAHandlerIsLogged) {
  TaskGroup group(loop_.executor(), "plain");
  group.spawn("buggy", throw_bug());
  loop_.run(group.join());
  EXPECT_TRUE(log_.has_line("task failed", "group=plain"));
}

Task<void> fail_with(boost::system::error_code code) {
  throw boost::system::system_error(code);
  co_return;
}

TEST_F(TaskGroupTest, OnlyOperationAbortedIsNoFailure) {
  group_.spawn("aborted", fail_with(asio::error::operation_aborted));
  group_.spawn("refused", fail_with(asio::error::connection_refused));
  loop_.run(group_.join());
  EXPECT_EQ(failed_, std::vector<std::string>{"refused"});
}

TEST_F(TaskGroupTest, FailureHandlerMayCancelTheRest) {
  bool stopping = false;
  TaskGroup* whole = nullptr;
  TaskGroup group(loop_.executor(), "rest", [&](std::string_view, const std::exception_ptr&) {
    stopping = true;
    whole->cancel();
  });
  whole = &group;
  const auto other = timer();
  group.spawn("other", wait_for(*other, forever));
  group.spawn("buggy", throw_bug());
  loop_.run(group.join());
  EXPECT_TRUE(stopping);
}

TEST_F(TaskGroupTest, FailureHandlerMaySpawnAReplacementThatJoinWaitsFor) {
  const auto replacement = timer();
  TaskGroup* whole = nullptr;
  TaskGroup group(loop_.executor(), "restarting", [&](std::string_view name, const std::exception_ptr&) {
    whole->spawn(name, wait_for(*replacement, 1s));
  });
  whole = &group;
  group.spawn("only", throw_bug());
  asio::co_spawn(loop_.context(), group.join(), [this](const std::exception_ptr&) { joined_ = true; });
  loop_.poll();
  EXPECT_FALSE(joined_);
  EXPECT_EQ(group.size(), 1U);
  clock_.advance(1s);
  loop_.poll();
  EXPECT_TRUE(joined_);
}

TEST_F(TaskGroupTest, MayBeDestroyedWhileItsJoinerIsOnItsWay) {
  auto group = std::make_unique<TaskGroup>(loop_.executor(), "short");
  const auto only = timer();
  group->spawn("only", wait_for(*only, 1s));
  asio::co_spawn(loop_.context(), group->join(), [this](const std::exception_ptr&) { joined_ = true; });
  loop_.poll();
  clock_.advance(1s);
  loop_.context().restart();
  while (group->size() > 0) ASSERT_GT(loop_.context().poll_one(), 0U);
  ASSERT_FALSE(joined_);
  group.reset();
  loop_.poll();
  EXPECT_TRUE(joined_);
}

Task<void> join_and_destroy(std::unique_ptr<TaskGroup> group) {
  co_await group->join();
  group.reset();
}

TEST_F(TaskGroupTest, MayBeDestroyedByItsJoiner) {
  auto group = std::make_unique<TaskGroup>(loop_.executor(), "short");
  const auto only = timer();
  group->spawn("only", wait_for(*only, 1s));
  asio::co_spawn(loop_.context(), join_and_destroy(std::move(group)),
                 [this](const std::exception_ptr&) { joined_ = true; });
  loop_.poll();
  clock_.advance(1s);
  loop_.poll();
  EXPECT_TRUE(joined_);
  EXPECT_TRUE(loop_.idle());
}

TEST_F(TaskGroupTest, TaskMayHoldThousandsOfSiblings) {
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 0; i < 2000; ++i) {
    timers.push_back(timer());
    group_.spawn("one of many", wait_for(*timers.back(), forever));
  }
  loop_.poll();
  EXPECT_EQ(group_.size(), 2000U);
  group_.cancel();
  loop_.run(group_.join());
  EXPECT_TRUE(loop_.idle());
}

void destroy_with_a_live_task() {
  RunLoop loop;
  FakeClock clock;
  const auto timer = clock.make_timer(loop.executor());
  TaskGroup group(loop.executor(), "careless");
  group.spawn("forgotten", wait_for(*timer, forever));
  loop.poll();
}

TEST(TaskGroupDeathTest, DestroyedWithLiveTasksEndsTheProgramAndNamesThem) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(destroy_with_a_live_task(), "group=careless tasks=forgotten");
}

}  // namespace
}  // namespace crewship
