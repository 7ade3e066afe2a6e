#include "../../../src/runs/launching.hpp"

#include <optional>

#include <gtest/gtest.h>

#include <crewship/base/task_group.hpp>

#include "fake_caller.hpp"
#include "support/run_loop.hpp"

namespace crewship {
namespace {

Task<void> await_outcome(Executor executor, std::shared_ptr<Launching> launching, Caller& caller,
                         std::optional<bool>& ended) {
  ended = co_await wait_for_outcome(executor, std::move(launching), caller);
}

class LaunchingTest : public testing::Test {
 protected:
  void wait(const std::shared_ptr<Launching>& launching, std::optional<bool>& ended, Caller& caller) {
    tasks_.spawn("waiter", await_outcome(loop_.executor(), launching, caller, ended));
    loop_.poll();
  }

  RunLoop loop_;
  FakeCaller caller_;
  LaunchesUnderWay launches_;
  TaskGroup tasks_{loop_.executor(), "test"};
  const LaunchKey key_{"iwh", "key"};
};

TEST_F(LaunchingTest, IsFoundByItsKeyUntilItHasAnOutcome) {
  auto duty = launches_.begin(key_, "body");
  const auto launching = launches_.find(key_);
  ASSERT_TRUE(launching);
  EXPECT_EQ(launching->body_sha256, "body");
  EXPECT_FALSE(launches_.find({"iwh", "other"}));
  EXPECT_FALSE(launches_.find({"other", "key"}));
  duty.resolve(Launched{.version_number = 7});
  EXPECT_FALSE(launches_.find(key_));
  ASSERT_TRUE(launching->outcome);
  EXPECT_EQ((*launching->outcome)->version_number, 7);
}

TEST_F(LaunchingTest, ThatOnlyTellsItsOutcomeKeepsTheKey) {
  auto duty = launches_.begin(key_, "body");
  std::optional<bool> ended;
  wait(duty.launching(), ended, caller_);
  duty.tell(fail(ErrorKind::unavailable, "storage_full", ""));
  loop_.poll();
  EXPECT_EQ(ended, true);
  ASSERT_TRUE(launches_.find(key_));
  EXPECT_EQ(launches_.find(key_)->outcome.value().error().code, "storage_full");
  duty.resolve(fail(ErrorKind::unavailable, "storage_full", ""));
  EXPECT_FALSE(launches_.find(key_));
}

TEST_F(LaunchingTest, TellsEveryWaiterOfTheOutcome) {
  auto duty = launches_.begin(key_, "");
  std::optional<bool> first;
  std::optional<bool> second;
  PresentCaller present;
  wait(duty.launching(), first, caller_);
  wait(duty.launching(), second, present);
  EXPECT_FALSE(first || second);
  duty.resolve(fail(ErrorKind::unavailable, "no_free_slot", ""));
  loop_.poll();
  EXPECT_EQ(first, true);
  EXPECT_EQ(second, true);
}

TEST_F(LaunchingTest, EndsWithoutOutcomeWhenAbandoned) {
  std::optional<bool> ended;
  std::shared_ptr<Launching> launching;
  {
    auto duty = launches_.begin(key_, "");
    launching = duty.launching();
    wait(launching, ended, caller_);
    const auto elsewhere = std::move(duty);
    EXPECT_FALSE(ended);
  }
  loop_.poll();
  EXPECT_EQ(ended, true);
  EXPECT_FALSE(launching->outcome);
  EXPECT_FALSE(launches_.find(key_));
}

TEST_F(LaunchingTest, LetsAWaiterHangUp) {
  auto duty = launches_.begin(key_, "");
  std::optional<bool> ended;
  wait(duty.launching(), ended, caller_);
  caller_.hang_up();
  loop_.poll();
  EXPECT_EQ(ended, false);
  EXPECT_FALSE(caller_.watched());
  duty.resolve(Launched{});
}

}  // namespace
}  // namespace crewship
