#include "../../../src/runs/waiting_line.hpp"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <crewship/base/task_group.hpp>

#include "fake_caller.hpp"
#include "support/fake_clock.hpp"
#include "support/run_loop.hpp"

namespace crewship {
namespace {

using namespace std::chrono_literals;
using Outcome = std::optional<Result<WaitingLine::Slot>>;

Task<void> queue_up(WaitingLine& line, Caller& caller, Outcome& outcome) { outcome = co_await line.acquire(caller); }

class WaitingLineTest : public testing::Test {
 protected:
  WaitingLine make(std::size_t slots, std::size_t max_waiting) {
    return {loop_.executor(), clock_, {.slots = slots, .max_waiting = max_waiting, .start_timeout = 25s}};
  }
  void enter(WaitingLine& line, Outcome& outcome, Caller& caller) {
    tasks_.spawn("caller", queue_up(line, caller, outcome));
    loop_.poll();
  }
  void enter(WaitingLine& line, Outcome& outcome) { enter(line, outcome, present_); }
  static std::string code(const Outcome& outcome) {
    if (!outcome) return "waits";
    return *outcome ? "has a slot" : outcome->error().code;
  }

  RunLoop loop_;
  FakeClock clock_;
  PresentCaller present_;
  TaskGroup tasks_{loop_.executor(), "test"};
};

TEST_F(WaitingLineTest, GivesFreeSlotsAtOnce) {
  auto line = make(2, 0);
  Outcome first;
  Outcome second;
  enter(line, first);
  enter(line, second);
  EXPECT_EQ(code(first), "has a slot");
  EXPECT_EQ(code(second), "has a slot");
  EXPECT_EQ(line.busy(), 2u);
  first.reset();
  second.reset();
  EXPECT_EQ(line.busy(), 0u);
}

TEST_F(WaitingLineTest, ServesFirstComeFirst) {
  auto line = make(1, 8);
  Outcome running;
  std::vector<Outcome> waiting(3);
  enter(line, running);
  for (auto& outcome : waiting) enter(line, outcome);
  EXPECT_EQ(line.waiting(), 3u);
  for (auto& outcome : waiting) {
    EXPECT_EQ(code(outcome), "waits");
    running.reset();
    loop_.poll();
    EXPECT_EQ(code(outcome), "has a slot");
    EXPECT_EQ(line.busy(), 1u);
    running = std::move(outcome);
  }
  EXPECT_EQ(line.waiting(), 0u);
}

TEST_F(WaitingLineTest, RefusesAtOnceWhenTheLineIsFull) {
  auto line = make(1, 1);
  Outcome running;
  Outcome waiting;
  Outcome refused;
  enter(line, running);
  enter(line, waiting);
  EXPECT_FALSE(line.may_enter());
  enter(line, refused);
  ASSERT_EQ(code(refused), "too_many_waiting");
  EXPECT_EQ(refused->error().kind, ErrorKind::too_many_requests);
  EXPECT_EQ(refused->error().retry_after, 1s);
  EXPECT_EQ(code(waiting), "waits");
  running.reset();
  loop_.poll();
}

TEST_F(WaitingLineTest, GivesUpAfterTheStartTimeout) {
  auto line = make(1, 8);
  Outcome running;
  Outcome waiting;
  enter(line, running);
  enter(line, waiting);
  clock_.advance(25s - 1ms);
  loop_.poll();
  EXPECT_EQ(code(waiting), "waits");
  clock_.advance(1ms);
  loop_.poll();
  ASSERT_EQ(code(waiting), "no_free_slot");
  EXPECT_EQ(waiting->error().kind, ErrorKind::unavailable);
  EXPECT_TRUE(waiting->error().retry_after);
  EXPECT_EQ(line.waiting(), 0u);
  running.reset();
  EXPECT_EQ(line.busy(), 0u);
}

TEST_F(WaitingLineTest, ForgetsWhoHangsUp) {
  auto line = make(1, 8);
  Outcome running;
  Outcome gone;
  Outcome next;
  FakeCaller caller;
  enter(line, running);
  enter(line, gone, caller);
  enter(line, next);
  caller.hang_up();
  loop_.poll();
  EXPECT_EQ(code(gone), "caller_gone");
  EXPECT_FALSE(caller.watched());
  running.reset();
  loop_.poll();
  EXPECT_EQ(code(next), "has a slot");
}

TEST_F(WaitingLineTest, WakesNobodyTwiceWhenTheSlotComesInTheMomentOfTheHangUp) {
  auto line = make(1, 8);
  Outcome running;
  Outcome waiting;
  FakeCaller caller;
  enter(line, running);
  enter(line, waiting, caller);
  running.reset();
  caller.hang_up();
  loop_.poll();
  EXPECT_EQ(code(waiting), "has a slot");
  EXPECT_EQ(line.busy(), 1u);
}

TEST_F(WaitingLineTest, SendsEverybodyAwayWhenClosed) {
  auto line = make(1, 8);
  Outcome running;
  Outcome waiting;
  Outcome late;
  enter(line, running);
  enter(line, waiting);
  line.close();
  loop_.poll();
  ASSERT_EQ(code(waiting), "shutting_down");
  EXPECT_TRUE(waiting->error().retry_after);
  running.reset();
  enter(line, late);
  EXPECT_EQ(code(late), "shutting_down");
}

TEST_F(WaitingLineTest, IsLeftByACancelledTask) {
  auto line = make(1, 8);
  Outcome running;
  Outcome waiting;
  enter(line, running);
  enter(line, waiting);
  tasks_.cancel();
  loop_.poll();
  EXPECT_EQ(code(waiting), "waits");
  EXPECT_EQ(line.waiting(), 0u);
  EXPECT_EQ(tasks_.size(), 0u);
}

}  // namespace
}  // namespace crewship
