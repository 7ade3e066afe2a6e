// Which processes are a run's own, while several threads start and reap.
#include "../../../src/runs/leaders.hpp"

#include <gtest/gtest.h>

namespace crewship {
namespace {

class LeadersTest : public testing::Test {
 protected:
  static constexpr pid_t leader = 1'000'000'001;  // no process has such an id
  static constexpr pid_t other = 1'000'000'002;

  std::unique_ptr<ProcessGuard> guard_ = ProcessGuard::start(16).value();
  Leaders leaders_{*guard_};
};

TEST_F(LeadersTest, EachHasATagOfItsOwnThatTellsTheDaemon) {
  const auto tag = leaders_.begin_start();
  const auto other_tag = leaders_.begin_start();
  EXPECT_NE(tag, other_tag);
  EXPECT_EQ(instance_of(tag), guard_->instance_tag());
  leaders_.started(leader, tag);
  leaders_.started(other, other_tag);
  EXPECT_EQ(leaders_.tag_of(leader), tag);
  EXPECT_EQ(leaders_.tag_of(other), other_tag);
  leaders_.remove(leader);
  leaders_.remove(other);
}

TEST_F(LeadersTest, TheFirstOneIsToldApart) {
  EXPECT_TRUE(leaders_.started(leader, leaders_.begin_start()));
  EXPECT_FALSE(leaders_.started(other, leaders_.begin_start()));
  EXPECT_EQ(leaders_.count(), 2U);
  leaders_.remove(leader);
  leaders_.remove(other);
  EXPECT_EQ(leaders_.count(), 0U);
}

// What changed its tag is taken for the only run's.
TEST_F(LeadersTest, OneThatIsBeingStartedMayHaveProcessesAlready) {
  leaders_.started(leader, leaders_.begin_start());
  EXPECT_TRUE(leaders_.only_one());
  leaders_.begin_start();
  EXPECT_FALSE(leaders_.only_one());
  leaders_.failed_to_start();
  EXPECT_TRUE(leaders_.only_one());
  leaders_.remove(leader);
}

}  // namespace
}  // namespace crewship
