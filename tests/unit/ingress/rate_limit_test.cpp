#include "../../../src/ingress/rate_limit.hpp"

#include <gtest/gtest.h>

namespace crewship {
namespace {

using namespace std::chrono_literals;

TEST(RateLimit, is_off_at_zero) {
  RateLimit limit(0);
  const SteadyTime now{};
  for (int i = 0; i < 100; ++i) limit.count("a", now);
  EXPECT_FALSE(limit.refused("a", now));
}

TEST(RateLimit, lets_the_minute_s_share_in_at_once_and_then_says_how_long_to_wait) {
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

TEST(RateLimit, one_webhook_does_not_use_up_another_s_share) {
  RateLimit limit(1);
  const SteadyTime now{1h};
  limit.count("a", now);
  EXPECT_TRUE(limit.refused("a", now));
  EXPECT_FALSE(limit.refused("b", now));
}

TEST(RateLimit, unused_calls_do_not_pile_up_over_more_than_a_minute) {
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
