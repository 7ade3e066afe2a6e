#include "../../../src/ingress/rate_limit.hpp"

#include <gtest/gtest.h>

namespace crewship {
namespace {

using namespace std::chrono_literals;

TEST(RateLimit, IsOffAtZero) {
  RateLimit limit(0);
  const SteadyTime now{};
  for (int i = 0; i < 100; ++i) limit.count("a", now);
  EXPECT_FALSE(limit.refused("a", now));
}

TEST(RateLimit, LetsTheMinuteSShareInAtOnceAndThenSaysHowLongToWait) {
  RateLimit limit(3);
  const SteadyTime now{1h};
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(limit.refused("a", now));
    limit.count("a", now);
  }
  EXPECT_EQ(limit.refused("a", now), 20s);
  EXPECT_EQ(limit.refused("a", now + 19s), 1s);
  EXPECT_FALSE(limit.refused("a", now + 20s));
}

TEST(RateLimit, OneWebhookDoesNotUseUpAnotherSShare) {
  RateLimit limit(1);
  const SteadyTime now{1h};
  limit.count("a", now);
  EXPECT_TRUE(limit.refused("a", now));
  EXPECT_FALSE(limit.refused("b", now));
}

TEST(RateLimit, UnusedCallsDoNotPileUpOverMoreThanAMinute) {
  RateLimit limit(2);
  SteadyTime now{1h};
  limit.count("a", now);
  now += 1h;
  limit.count("a", now);
  limit.count("a", now);
  EXPECT_TRUE(limit.refused("a", now));
}

}  // namespace
}  // namespace crewship
