#include <crewship/ingress/refusals.hpp>

#include <gtest/gtest.h>

#include "support/fake_clock.hpp"

namespace crewship {
namespace {

using namespace std::chrono_literals;

class RefusalsTest : public testing::Test {
 protected:
  static IncomingWebhookId webhook(int number) { return IncomingWebhookId::trusted("iwh_" + std::to_string(number)); }
  FakeClock clock;
  Refusals refusals;
};

TEST_F(RefusalsTest, OneLineForEachWebhookAndReason) {
  const WallTime first = clock.now();
  refusals.note(webhook(1), "no version", "message of no version", first);
  clock.advance(1min);
  refusals.note(webhook(1), "disabled", "message of disabled", clock.now());
  refusals.note(std::nullopt, "unknown", "message of unknown", clock.now());
  clock.advance(1min);
  refusals.note(webhook(1), "no version", "message of no version", clock.now());
  const auto lines = refusals.recent(clock.now());
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].incoming_webhook_id, webhook(1));
  EXPECT_EQ(lines[0].code, "no version");
  EXPECT_EQ(lines[0].message, "message of no version");
  EXPECT_EQ(lines[0].since, first);
  EXPECT_EQ(lines[0].last, clock.now());
  EXPECT_EQ(lines[0].count, 2);
}

TEST_F(RefusalsTest, AnHourOfQuietForgetsThem) {
  refusals.note(webhook(1), "x", "message of x", clock.now());
  clock.advance(1h - 1ms);
  EXPECT_EQ(refusals.recent(clock.now()).size(), 1U);
  clock.advance(1ms);
  EXPECT_TRUE(refusals.recent(clock.now()).empty());
  refusals.note(webhook(1), "x", "message of x", clock.now());
  EXPECT_EQ(refusals.recent(clock.now()).at(0).since, clock.now());
  EXPECT_EQ(refusals.recent(clock.now()).at(0).count, 1);
}

TEST_F(RefusalsTest, TheOldestGivesWayWhenThereAreTooMany) {
  for (int i = 0; i < static_cast<int>(Refusals::max_lines) + 1; ++i) {
    refusals.note(webhook(i), "x", "message of x", clock.now());
    clock.advance(1s);
  }
  const auto lines = refusals.recent(clock.now());
  EXPECT_EQ(lines.size(), Refusals::max_lines);
  EXPECT_EQ(lines.back().incoming_webhook_id, webhook(1));
}

}  // namespace
}  // namespace crewship
