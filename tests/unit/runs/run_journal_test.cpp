#include "../../../src/runs/log_collector.hpp"

#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_clock.hpp"

namespace crewship {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr auto everything = std::numeric_limits<std::size_t>::max();

std::vector<std::string> messages(const std::vector<LogLine>& lines) {
  std::vector<std::string> result;
  for (const auto& line : lines) result.push_back(line.message);
  return result;
}

class LogCollectorTest : public testing::Test {
 protected:
  FakeClock clock_;
};

TEST_F(LogCollectorTest, SplitsWhereverTheBytesAreCut) {
  const std::string text = "one\ntwo\r\n\nfour é\nunfinished";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    LogCollector log({}, clock_);
    log.feed(std::string_view(text).substr(0, cut));
    log.feed(std::string_view(text).substr(cut));
    log.finish();
    EXPECT_THAT(messages(log.take(everything)), ElementsAre("one", "two", "", "four é", "unfinished")) << cut;
  }
}

TEST_F(LogCollectorTest, NumbersAndStampsLines) {
  LogCollector log({}, clock_);
  log.feed("a\n");
  clock_.advance(std::chrono::seconds(1));
  log.feed("b\n");
  const auto lines = log.take(everything);
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[0].id, 1);
  EXPECT_EQ(lines[1].id, 2);
  EXPECT_EQ(lines[0].level, "info");
  EXPECT_EQ(lines[1].timestamp - lines[0].timestamp, std::chrono::seconds(1));
}

TEST_F(LogCollectorTest, CutsLongLinesBetweenCharacters) {
  LogCollector log({.line_bytes = 5}, clock_);
  log.feed("12345\n123456\n1234é\n");
  for (int i = 0; i < 100; ++i) log.feed("abc");
  log.feed("\nend\n");
  EXPECT_THAT(messages(log.take(everything)), ElementsAre("12345", "12345…", "1234…", "abcab…", "end"));
}

TEST_F(LogCollectorTest, RepairsInvalidUtf8) {
  LogCollector log({}, clock_);
  log.feed(
      "a\xff"
      "b\n");
  EXPECT_THAT(messages(log.take(everything)), ElementsAre("a\xef\xbf\xbd"
                                                          "b"));
}

TEST_F(LogCollectorTest, StopsAtTheLimitOfTheWholeLogAndSaysSo) {
  LogCollector log({.log_bytes = 1000}, clock_);
  for (int i = 0; i < 1000; ++i) log.feed("0123456789\n");
  log.feed("the last words\n\n");
  log.finish();
  const auto lines = log.take(everything);
  ASSERT_GT(lines.size(), 2u);
  EXPECT_LT(lines.size(), 100u);
  EXPECT_EQ(lines.back().message, "the log exceeds 1000 bytes; the rest of it is dropped");
  EXPECT_EQ(lines.back().level, "warning");
  EXPECT_EQ(log.last_line(), "the last words");
}

TEST_F(LogCollectorTest, CountsEmptyLinesToo) {
  LogCollector log({.log_bytes = 1000}, clock_);
  log.feed(std::string(100000, '\n'));
  EXPECT_LT(log.take(everything).size(), 100u);
}

TEST_F(LogCollectorTest, DropsWhatNobodyTakesAndSaysHowMuch) {
  LogCollector log({.waiting_bytes = 200}, clock_);
  for (int i = 0; i < 10; ++i) log.feed("0123456789\n");
  EXPECT_LE(log.waiting_bytes(), 200u);
  EXPECT_THAT(log.take(everything), SizeIs(4));
  log.feed("again\n");
  const auto lines = log.take(everything);
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0].message, HasSubstr("6 lines dropped"));
  EXPECT_EQ(lines[1].message, "again");
}

TEST_F(LogCollectorTest, SaysAtTheEndWhatItDropped) {
  LogCollector log({.waiting_bytes = 50}, clock_);
  log.feed("0123456789\n0123456789\n");
  log.finish();
  const auto lines = log.take(everything);
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[1].message, HasSubstr("1 line dropped"));
}

TEST_F(LogCollectorTest, GivesInPortionsAndTakesBack) {
  LogCollector log({}, clock_);
  log.feed("a\nb\nc\n");
  const auto before = log.waiting_bytes();
  auto first = log.take(1);
  EXPECT_THAT(messages(first), ElementsAre("a"));
  log.put_back(std::move(first));
  EXPECT_EQ(log.waiting_bytes(), before);
  EXPECT_THAT(messages(log.take(everything)), ElementsAre("a", "b", "c"));
  EXPECT_TRUE(log.empty());
  EXPECT_EQ(log.waiting_bytes(), 0u);
}

}  // namespace
}  // namespace crewship
