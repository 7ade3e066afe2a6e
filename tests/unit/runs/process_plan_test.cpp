#include "../../../src/runs/process_plan.hpp"

#include <gtest/gtest.h>

namespace crewship {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime start{1h};

class ProcessPlanTest : public testing::Test {
 protected:
  ProcessStep at(std::chrono::nanoseconds passed) { return plan_.decide(facts_, start + passed).step; }
  SteadyTime until(std::chrono::nanoseconds passed) { return plan_.decide(facts_, start + passed).until; }

  ProcessFacts facts_;
  ProcessPlan plan_{start + 60s, 5s};
};

TEST_F(ProcessPlanTest, FinishesWhenTheLeaderAndThePipesHaveEnded) {
  EXPECT_EQ(at(0s), ProcessStep::wait);
  EXPECT_EQ(until(0s), start + 60s);
  facts_.pipes_open = false;
  EXPECT_EQ(at(1s), ProcessStep::wait);
  facts_.leader_ended = true;
  EXPECT_EQ(at(2s), ProcessStep::finish);
}

TEST_F(ProcessPlanTest, TerminatesAndKillsAtTheTimeLimit) {
  EXPECT_EQ(at(60s - 1ns), ProcessStep::wait);
  EXPECT_EQ(at(60s), ProcessStep::time_is_up);
  facts_.stop_wanted = true;
  EXPECT_EQ(at(60s), ProcessStep::terminate);
  EXPECT_EQ(at(60s), ProcessStep::wait);
  EXPECT_EQ(until(60s), start + 65s);
  EXPECT_EQ(at(65s), ProcessStep::kill);
  EXPECT_EQ(at(66s), ProcessStep::wait);
  facts_.leader_ended = true;
  EXPECT_EQ(at(66s), ProcessStep::finish);
}

TEST_F(ProcessPlanTest, GivesTheGraceToWhoHoldsThePipesAfterTheLeader) {
  facts_.leader_ended = true;
  EXPECT_EQ(at(1s), ProcessStep::terminate);
  EXPECT_EQ(at(1s), ProcessStep::wait);
  EXPECT_EQ(until(2s), start + 6s);
  EXPECT_EQ(at(6s), ProcessStep::finish);
}

TEST_F(ProcessPlanTest, HasNoTimeLimitForALeaderThatHasEnded) {
  facts_.leader_ended = true;
  EXPECT_EQ(at(59s), ProcessStep::terminate);
  EXPECT_EQ(at(61s), ProcessStep::wait);
}

TEST_F(ProcessPlanTest, DoesNotStartTheGraceAgainWhenTheLeaderEndsWithinIt) {
  facts_.stop_wanted = true;
  EXPECT_EQ(at(1s), ProcessStep::terminate);
  facts_.leader_ended = true;
  EXPECT_EQ(until(4s), start + 6s);
  EXPECT_EQ(at(6s), ProcessStep::finish);
}

TEST_F(ProcessPlanTest, ForgetsTheGraceInAHurry) {
  facts_.stop_wanted = true;
  facts_.hurry = true;
  EXPECT_EQ(at(1s), ProcessStep::terminate);
  EXPECT_EQ(at(1s), ProcessStep::kill);
}

}  // namespace
}  // namespace crewship
