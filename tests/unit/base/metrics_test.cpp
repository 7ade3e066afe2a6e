#include <crewship/base/metrics.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crewship {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Pair;

TEST(Counter, Counts) {
  Counter counter;
  counter.add();
  counter.add(3);
  EXPECT_EQ(counter.value(), 4u);
}

TEST(Histogram, PutsAValueIntoTheFirstBucketWhoseBoundItDoesNotExceed) {
  Histogram histogram(0.001);
  histogram.observe(0.0);
  histogram.observe(0.001);
  histogram.observe(0.0011);
  histogram.observe(2ms);
  histogram.observe(3ms);
  EXPECT_EQ(histogram.in_bucket(0), 2u);
  EXPECT_EQ(histogram.in_bucket(1), 2u);
  EXPECT_EQ(histogram.in_bucket(2), 1u);
  EXPECT_DOUBLE_EQ(histogram.sum(), 0.0071);
}

TEST(Histogram, HasABucketForWhatIsBeyondAllBounds) {
  Histogram histogram(1);
  histogram.observe(524288.0);  // 2^19: the last bound
  histogram.observe(524289.0);
  EXPECT_EQ(histogram.in_bucket(Histogram::bucket_count - 1), 1u);
  EXPECT_EQ(histogram.in_bucket(Histogram::bucket_count), 1u);
}

TEST(LabeledCounter, CountsByLabelAndAddsUp) {
  LabeledCounter counter;
  counter.add("a");
  counter.add("b");
  counter.add("a");
  LabeledCounter sum;
  sum.add("b");
  sum.add_all(counter);
  EXPECT_THAT(sum.values(), ElementsAre(Pair("a", 2u), Pair("b", 2u)));
}

TEST(LabeledCounter, NeverHasMoreThanABoundedNumberOfLabels) {
  LabeledCounter counter;
  for (int label = 0; label < 1000; ++label) counter.add(std::to_string(label));
  EXPECT_LE(counter.values().size(), 65u);
  EXPECT_EQ(counter.values().at("other"), 936u);
}

}  // namespace
}  // namespace crewship
