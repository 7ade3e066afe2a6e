// How many lines of one kind are written, and what is said of the rest.
#include <crewship/base/log_limit.hpp>

#include <string>

#include <gtest/gtest.h>

#include "support/log_capture.hpp"

namespace crewship {
namespace {

constexpr SteadyTime start{std::chrono::hours(1)};

std::size_t admitted(LogLimit& limit, std::string_view kind, std::size_t times, SteadyTime now) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < times; ++i) count += limit.admits(kind, now) ? 1 : 0;
  return count;
}

TEST(LogLimit, AWindowHasItsFirstLinesAndSaysHowManyMoreThereWere) {
  LogLimit limit;
  EXPECT_EQ(admitted(limit, "404", 100, start), LogLimit::lines_a_window);
  EXPECT_EQ(admitted(limit, "409", 3, start), 3U) << "another kind has its own";
  EXPECT_TRUE(limit.take_left_out(start + LogLimit::window - std::chrono::milliseconds(1)).empty());
  const auto left_out = limit.take_left_out(start + LogLimit::window);
  ASSERT_EQ(left_out.size(), 1U);
  EXPECT_EQ(left_out[0].kind, "404");
  EXPECT_EQ(left_out[0].lines, 100 - LogLimit::lines_a_window);
  EXPECT_TRUE(limit.take_left_out(start + 2 * LogLimit::window).empty()) << "told once";
  EXPECT_EQ(admitted(limit, "404", 1, start + LogLimit::window), 1U);
}

TEST(LogLimit, WhatWasLeftOutIsNotForgottenWhenNobodyAsksInTime) {
  LogLimit limit;
  admitted(limit, "404", LogLimit::lines_a_window + 5, start);
  admitted(limit, "404", 1, start + 2 * LogLimit::window);
  const auto left_out = limit.take_left_out(start + 2 * LogLimit::window);
  ASSERT_EQ(left_out.size(), 1U);
  EXPECT_EQ(left_out[0].lines, 6U);
}

TEST(LogLimit, KindsAreBounded) {
  LogLimit limit;
  for (std::size_t kind = 0; kind < LogLimit::max_kinds; ++kind) limit.admits(std::to_string(kind), start);
  EXPECT_EQ(admitted(limit, "one more", 100, start) + admitted(limit, "another", 100, start), LogLimit::lines_a_window);
}

TEST(LogLimit, RefusalsAreWrittenWithinIt) {
  const LogCapture log;
  static int repetition = 0;  // the limit is the program's
  const std::string code = "of_this_test_" + std::to_string(++repetition);
  for (int i = 0; i < 100; ++i) log_refusal("trigger refused", code, {{"code", code}});
  EXPECT_EQ(log.lines().size(), LogLimit::lines_a_window);
  EXPECT_TRUE(log.has_line("INFO  trigger refused", "code=" + code));
}

}  // namespace
}  // namespace crewship
