#include <crewship/base/ids.hpp>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include <gtest/gtest.h>

#include "support/fake_clock.hpp"
#include "support/fixed_random.hpp"

namespace crewship {
namespace {

using namespace std::chrono_literals;

class IdsTest : public testing::Test {
 protected:
  std::string next() { return ids_.make<RunId>().text(); }

  FakeClock clock_;
  FixedRandom random_;
  IdGenerator ids_{clock_, random_};
};

TEST_F(IdsTest, HaveAPrefixAnd26CrockfordDigits) {
  const auto id = ids_.make<DeliveryId>();
  EXPECT_TRUE(id.text().starts_with("dlv_"));
  EXPECT_EQ(id.text().size(), 30U);
  EXPECT_EQ(DeliveryId::parse(id.text()), id);
  EXPECT_EQ(RunId::parse(id.text()), std::nullopt) << "an id of another type";
}

TEST_F(IdsTest, BeginWithTheTime) {
  // 1736937000000 ms in ten Crockford digits.
  EXPECT_EQ(next().substr(0, 14), "run_01jhmr6k20");
}

TEST_F(IdsTest, SortByTime) {
  std::vector<std::string> made;
  for (int i = 0; i < 1000; ++i) {
    made.push_back(next());
    clock_.advance(1ms);
  }
  EXPECT_TRUE(std::ranges::is_sorted(made, std::ranges::less_equal{}));
}

TEST_F(IdsTest, GrowWithinAMillisecond) {
  std::vector<std::string> made;
  for (int i = 0; i < 10'000; ++i) made.push_back(next());
  EXPECT_EQ(std::ranges::adjacent_find(made, std::ranges::greater_equal{}), made.end());
}

TEST_F(IdsTest, GrowWhenTheClockJumpsBack) {
  const std::string before = next();
  clock_.jump_wall(-1h);
  const std::string after = next();
  EXPECT_GT(after, before);
  EXPECT_EQ(after.substr(0, 14), before.substr(0, 14)) << "no time is made up";
  clock_.jump_wall(2h);
  EXPECT_GT(next(), after);
}

TEST_F(IdsTest, DoNotCountUp) {
  std::string expected = next();
  ++expected.back();
  EXPECT_NE(next(), expected);
}

class AllOnes final : public Random {
 public:
  void fill(std::span<std::byte> out) override { std::ranges::fill(out, std::byte{0xff}); }
};

TEST(Ids, GrowAlsoWhenTheRandomBitsOverflow) {
  FakeClock clock;
  AllOnes random;
  IdGenerator ids(clock, random);
  const std::string first = ids.make<RunId>().text();
  const std::string second = ids.make<RunId>().text();
  EXPECT_EQ(first, "run_01jhmr6k20zzzzzzzzzzzzzzzz");
  EXPECT_EQ(second, "run_01jhmr6k210000000003zzzzzz");
}

TEST(Ids, AreUniqueAndGrowAcrossThreads) {
  SystemClock clock;
  SystemRandom random;
  IdGenerator ids(clock, random);
  std::vector<std::vector<std::string>> made(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : made)
      threads.emplace_back([&ids, &mine] {
        for (int i = 0; i < 2000; ++i) mine.push_back(ids.make<RunId>().text());
      });
  }
  std::set<std::string> all;
  for (const auto& mine : made) {
    EXPECT_EQ(std::ranges::adjacent_find(mine, std::ranges::greater_equal{}), mine.end());
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), 8000U);
}

TEST(Ids, RefuseWhatIsNone) {
  const std::string good = "run_01jhmr6k200000000000000000";
  EXPECT_TRUE(RunId::parse(good));
  for (const std::string& text :
       {std::string(), std::string("run_"), good.substr(0, 29), good + "0", std::string("RUN_") + good.substr(4),
        std::string("run-") + good.substr(4), good.substr(4), good.substr(0, 29) + "u", good.substr(0, 29) + "i",
        good.substr(0, 29) + "A", good.substr(0, 29) + std::string(1, '\0'), good.substr(0, 29) + "'",
        good.substr(0, 28) + "é"})
    EXPECT_EQ(RunId::parse(text), std::nullopt) << text;
}

TEST(Ids, AreKeysOfContainers) {
  const auto id = RunId::trusted("run_1");
  EXPECT_TRUE(RunId().empty());
  EXPECT_FALSE(id.empty());
  EXPECT_TRUE(std::unordered_set<RunId>{id}.contains(RunId::trusted("run_1")));
  EXPECT_LT(id, RunId::trusted("run_2"));
}

}  // namespace
}  // namespace crewship
