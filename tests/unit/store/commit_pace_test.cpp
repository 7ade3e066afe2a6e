// When a commit waits for company, and how.
#include "../../../src/store/commit_pace.hpp"

#include <future>

#include <gtest/gtest.h>

#include "../../../src/store/job_queue.hpp"

namespace crewship {
namespace {

using namespace std::chrono_literals;

class Pace : public testing::Test {
 protected:
  void commits(int count, std::size_t changes, std::chrono::microseconds each, std::size_t outstanding = 40) {
    for (int i = 0; i < count; ++i) {
      now += each;
      pace.committed(changes, outstanding, now);
    }
  }
  SteadyTime now{1h};
  CommitPace pace;
};

TEST_F(Pace, ACrowdIsManyChangesOfSeveralCallers) {
  EXPECT_FALSE(pace.crowded(now));
  commits(100, 4, 1ms);
  EXPECT_TRUE(pace.crowded(now)) << "4,000 a second, four in each commit";
}

TEST_F(Pace, AFewCallersThatWaitForTheirAnswersAreNoneHoweverFast) {
  commits(100, 12, 400us, enough_company);
  EXPECT_FALSE(pace.crowded(now)) << "nobody else can come";
  commits(100, 12, 400us, 12);
  commits(1, 12, 400us, enough_company + 1);
  commits(100, 4, 400us, 12);
  EXPECT_FALSE(pace.crowded(now));
  commits(1, 12, 400us, enough_company + 1);
  commits(24, 12, 400us, 12);
  EXPECT_TRUE(pace.crowded(now)) << "there was one moment with more of them";
}

TEST_F(Pace, ACallerAloneIsNoneHoweverFast) {
  commits(1000, 1, 100us);
  EXPECT_FALSE(pace.crowded(now));
}

TEST_F(Pace, AFewAreNone) {
  commits(100, 4, 2ms);
  EXPECT_FALSE(pace.crowded(now)) << "2,000 a second";
}

TEST_F(Pace, ItIsGoneWhenNothingComesAnyMore) {
  commits(100, 4, 1ms);
  EXPECT_FALSE(pace.crowded(now + 20ms));
  commits(100, 4, 1ms);
  commits(10, 1, 2ms);
  EXPECT_FALSE(pace.crowded(now));
}

void push(JobQueue& queue, int count) {
  for (int i = 0; i < count; ++i) {
    QueuedJob job;
    EXPECT_TRUE(queue.push(job));
  }
}

// The one who waits is the thread that is there already, so it waits by the time the other begins.
TEST(JobQueue, WaitsForSoManyJobs) {
  JobQueue queue(100);
  const auto pushing = std::async(std::launch::async, push, std::ref(queue), 3);
  EXPECT_TRUE(queue.wait_for(3, 10min));
  EXPECT_EQ(queue.take(100).size(), 3u);
}

TEST(JobQueue, NoLongerThanItIsOpen) {
  JobQueue queue(100);
  push(queue, 1);
  const auto closing = std::async(std::launch::async, &JobQueue::close, &queue);
  EXPECT_FALSE(queue.wait_for(3, 10min));
  EXPECT_EQ(queue.take(100).size(), 1u);
}

TEST(JobQueue, NorLongerThanItIsTold) {
  JobQueue queue(100);
  push(queue, 1);
  EXPECT_FALSE(queue.wait_for(2, 1ms));
  EXPECT_EQ(queue.take(100).size(), 1u);
}

}  // namespace
}  // namespace crewship
