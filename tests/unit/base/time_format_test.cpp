#include <crewship/base/time_format.hpp>

#include <chrono>
#include <string>

#include <gtest/gtest.h>

namespace crewship {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

WallTime at(std::int64_t value) { return from_unix_milliseconds(value); }

TEST(Timestamp, HasThreeDecimalsAndZ) {
  EXPECT_EQ(format_timestamp(at(1'736'937'000'000)), "2025-01-15T10:30:00.000Z");
  EXPECT_EQ(format_timestamp(at(1'736'937'000'007)), "2025-01-15T10:30:00.007Z");
  EXPECT_EQ(format_timestamp(at(1'709'251'199'999)), "2024-02-29T23:59:59.999Z");
  EXPECT_EQ(format_timestamp(at(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_timestamp(at(-1)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_timestamp(at(253'402'300'799'999)), "9999-12-31T23:59:59.999Z");
}

TEST(Timestamp, ReadsBackWhatItWrites) {
  for (std::int64_t value : {std::int64_t{0}, std::int64_t{1'736'937'000'123}, std::int64_t{-86'400'001}})
    EXPECT_EQ(parse_timestamp(format_timestamp(at(value))), at(value));
}

TEST(Timestamp, ReadsRfc3339) {
  const WallTime expected = at(1'736'937'000'000);
  for (const char* text : {"2025-01-15T10:30:00Z", "2025-01-15t10:30:00z", "2025-01-15T10:30:00.0Z",
                           "2025-01-15T10:30:00.000999999999Z", "2025-01-15T12:30:00+02:00",
                           "2025-01-15T05:00:00-05:30", "2025-01-15T10:30:00-00:00", "2025-01-16T09:30:00.000+23:00"})
    EXPECT_EQ(parse_timestamp(text), expected) << text;
  EXPECT_EQ(parse_timestamp("2025-01-15T10:30:00.5Z"), expected + 500ms);
  EXPECT_EQ(parse_timestamp("2025-01-15T10:30:00.1239Z"), expected + 123ms);
  EXPECT_EQ(parse_timestamp("2016-12-31T23:59:60Z"), parse_timestamp("2017-01-01T00:00:00Z")) << "a leap second";
}

TEST(Timestamp, RefusesWhatIsNone) {
  for (const char* text : {"",
                           "2025-01-15",
                           "2025-01-15T10:30:00",
                           "2025-01-15 10:30:00Z",
                           "2025-01-15T10:30Z",
                           "2025-1-15T10:30:00Z",
                           "2025-02-29T10:30:00Z",
                           "2025-13-01T10:30:00Z",
                           "2025-00-10T10:30:00Z",
                           "2025-01-32T10:30:00Z",
                           "2025-01-15T24:00:00Z",
                           "2025-01-15T10:60:00Z",
                           "2025-01-15T10:30:61Z",
                           "2025-01-15T10:30:00.Z",
                           "2025-01-15T10:30:00,5Z",
                           "2025-01-15T10:30:00ZZ",
                           "2025-01-15T10:30:00Z ",
                           " 2025-01-15T10:30:00Z",
                           "2025-01-15T10:30:00+0200",
                           "2025-01-15T10:30:00+24:00",
                           "2025-01-15T10:30:00+02:60",
                           "2025-01-15T10:30:00+2:00",
                           "+025-01-15T10:30:00Z",
                           "20250115T103000Z",
                           "1736937000",
                           "now"})
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
}

TEST(Timestamp, UnixSecondsAreCutNotRounded) {
  EXPECT_EQ(unix_seconds(at(1'736'937'000'999)), 1'736'937'000);
  EXPECT_EQ(unix_seconds(at(-1)), -1);
}

TEST(Duration, ReadsANumberAndAUnit) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("2h"), 2h);
  EXPECT_EQ(parse_duration("30d"), 720h);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(Duration, RefusesWhatIsNone) {
  for (const char* text : {"", "30", "s", "ms", "30 s", " 30s", "30s ", "-5s", "+5s", "1.5h", "1h30m", "5M", "5min",
                           "30S", "1e3s", "0x10s", "5us", "5w", "99999999999999999999s"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(Duration, IsNeverLongerThanATimerCanCount) {
  EXPECT_EQ(parse_duration("36500d"), max_duration);
  EXPECT_EQ(parse_duration("36501d"), std::nullopt);
  EXPECT_EQ(parse_duration("9223372036854775807d"), std::nullopt);
  EXPECT_EQ(std::chrono::duration_cast<milliseconds>(std::chrono::nanoseconds(max_duration)), max_duration);
}

TEST(Duration, IsWrittenInTheLargestExactUnit) {
  EXPECT_EQ(format_duration(90'000ms), "90s");
  EXPECT_EQ(format_duration(300s), "5m");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  EXPECT_EQ(format_duration(2h), "2h");
  EXPECT_EQ(format_duration(720h), "30d");
  EXPECT_EQ(format_duration(0ms), "0s");
  for (const char* text : {"1ms", "59s", "61m", "25h", "31d"}) EXPECT_EQ(format_duration(*parse_duration(text)), text);
}

}  // namespace
}  // namespace crewship
