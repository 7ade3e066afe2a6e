#include <crewship/base/random.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

#include <gtest/gtest.h>

#include "support/fixed_random.hpp"

namespace crewship {
namespace {

class Constant final : public Random {
 public:
  explicit Constant(std::byte value) : value_(value) {}
  void fill(std::span<std::byte> out) override { std::ranges::fill(out, value_); }

 private:
  std::byte value_;
};

TEST(SystemRandom, GivesAsManyBytesAsAskedForAndNeverTheSame) {
  SystemRandom random;
  EXPECT_EQ(random.bytes(0), "");
  EXPECT_EQ(random.bytes(33).size(), 33U);
  EXPECT_NE(random.bytes(32), random.bytes(32));
}

TEST(Random, SymmetricReachesMinusOneButNotOne) {
  EXPECT_EQ(Constant(std::byte{0}).symmetric(), -1.0);
  EXPECT_LT(Constant(std::byte{0xff}).symmetric(), 1.0);
  EXPECT_GT(Constant(std::byte{0xff}).symmetric(), 0.999);
}

TEST(Random, SymmetricSpreadsEvenly) {
  FixedRandom random;
  int negative = 0;
  int small = 0;
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.symmetric();
    negative += value < 0 ? 1 : 0;
    small += value > -0.5 && value < 0.5 ? 1 : 0;
    sum += value;
  }
  EXPECT_NEAR(negative, 5000, 250);
  EXPECT_NEAR(small, 5000, 250);
  EXPECT_NEAR(sum, 0, 300);
}

TEST(FixedRandom, ReplaysFromItsSeed) {
  FixedRandom one(7);
  FixedRandom two(7);
  FixedRandom three(8);
  const std::string bytes = one.bytes(16);
  EXPECT_EQ(two.bytes(16), bytes);
  EXPECT_NE(three.bytes(16), bytes);
  EXPECT_NE(one.bytes(16), bytes);
}

}  // namespace
}  // namespace crewship
