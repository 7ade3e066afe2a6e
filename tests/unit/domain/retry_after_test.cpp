// Retry-After as receivers send it: seconds, or one of the three forms of an HTTP date.
#include <chrono>
#include <optional>
#include <string_view>

#include <gtest/gtest.h>

#include <crewship/domain/delivery.hpp>

namespace crewship {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;
using std::chrono::sys_days;

// Two minutes before the example date of RFC 9110.
constexpr WallTime now = sys_days{1994y / std::chrono::November / 6} + 8h + 47min + 37s;

std::optional<seconds> parse(std::string_view value) { return parse_retry_after(value, now); }

TEST(RetryAfter, Seconds) {
  EXPECT_EQ(parse("0"), 0s);
  EXPECT_EQ(parse("120"), 120s);
  EXPECT_EQ(parse("007"), 7s);
  EXPECT_EQ(parse(" \t120 "), 120s);
}

TEST(RetryAfter, HugeNumbersAreVeryLongAndNeverNegative) {
  EXPECT_EQ(parse("2147483647"), 2147483647s);
  EXPECT_EQ(parse("2147483648"), 2147483648s);
  EXPECT_EQ(parse("2147483649"), 2147483648s);
  EXPECT_EQ(parse("9223372036854775808"), 2147483648s);
  EXPECT_EQ(parse("99999999999999999999999999999999999999999999999999"), 2147483648s);
}

TEST(RetryAfter, AllThreeDateForms) {
  EXPECT_EQ(parse("Sun, 06 Nov 1994 08:49:37 GMT"), 120s);
  EXPECT_EQ(parse("Sunday, 06-Nov-94 08:49:37 GMT"), 120s);
  EXPECT_EQ(parse("Sun Nov  6 08:49:37 1994"), 120s);
  EXPECT_EQ(parse("Wed Nov 16 08:47:37 1994"), 240h);
}

TEST(RetryAfter, EveryMonthAndDay) {
  constexpr WallTime new_year = sys_days{2025y / std::chrono::January / 1};
  constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr int days_before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  for (int month = 0; month < 12; ++month) {
    const auto text = "Mon, 02 " + std::string(months[month]) + " 2025 00:00:00 GMT";
    EXPECT_EQ(parse_retry_after(text, new_year), std::chrono::days(days_before[month] + 1)) << text;
  }
  for (const std::string_view day : {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}) {
    EXPECT_EQ(parse(std::string(day) + ", 06 Nov 1994 08:49:37 GMT"), 120s) << day;
  }
  for (const std::string_view day : {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}) {
    EXPECT_EQ(parse(std::string(day) + ", 06-Nov-94 08:49:37 GMT"), 120s) << day;
  }
}

TEST(RetryAfter, ADateInThePastIsZero) {
  EXPECT_EQ(parse("Sun, 06 Nov 1994 08:47:37 GMT"), 0s);
  EXPECT_EQ(parse("Sun, 06 Nov 1994 08:47:36 GMT"), 0s);
  EXPECT_EQ(parse("Thu, 01 Jan 1970 00:00:00 GMT"), 0s);
}

TEST(RetryAfter, PartsOfASecondAreWaitedFor) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now - 1ms), 121s);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now + 1ms), 120s);
}

TEST(RetryAfter, ATwoDigitYearIsTheNearestOne) {
  constexpr WallTime in_2025 = sys_days{2025y / std::chrono::January / 1};
  // More than 50 years ahead means the past (RFC 9110 §5.6.7).
  EXPECT_EQ(parse_retry_after("Friday, 01-Jan-76 00:00:00 GMT", in_2025), 0s);
  EXPECT_EQ(parse_retry_after("Tuesday, 01-Jan-75 00:00:00 GMT", in_2025),
            sys_days{2075y / std::chrono::January / 1} - in_2025);
  EXPECT_EQ(parse_retry_after("Thursday, 02-Jan-25 00:00:00 GMT", in_2025), 24h);
  constexpr WallTime in_2075 = sys_days{2075y / std::chrono::January / 1};
  EXPECT_EQ(parse_retry_after("Monday, 01-Jan-25 00:00:00 GMT", in_2075),
            sys_days{2125y / std::chrono::January / 1} - in_2075);
  EXPECT_EQ(parse_retry_after("Thursday, 01-Jan-26 00:00:00 GMT", in_2075), 0s);
  constexpr WallTime in_2099 = sys_days{2099y / std::chrono::December / 31};
  EXPECT_EQ(parse_retry_after("Friday, 01-Jan-00 00:00:00 GMT", in_2099), 24h);
}

TEST(RetryAfter, LeapDaysAndLeapSeconds) {
  EXPECT_TRUE(parse("Thu, 29 Feb 2024 00:00:00 GMT"));
  EXPECT_FALSE(parse("Wed, 29 Feb 2023 00:00:00 GMT"));
  EXPECT_TRUE(parse("Sat, 31 Dec 2016 23:59:60 GMT"));
  EXPECT_FALSE(parse("Sat, 31 Dec 2016 23:59:61 GMT"));
}

TEST(RetryAfter, NothingForEverythingElse) {
  for (const std::string_view value : {
           "",
           " ",
           "-1",
           "+1",
           "1.5",
           "1e3",
           "0x10",
           "12 0",
           "soon",
           "120s",
           "1,2",
           "Sun, 06 Nov 1994 08:49:37",
           "Sun, 06 Nov 1994 08:49:37 UTC",
           "Sun, 06 Nov 1994 08:49:37 GMT+1",
           "Sun, 6 Nov 1994 08:49:37 GMT",
           "Sun,06 Nov 1994 08:49:37 GMT",
           "Son, 06 Nov 1994 08:49:37 GMT",
           "Sun, 06 Nov 94 08:49:37 GMT",
           "Sun, 06 nov 1994 08:49:37 GMT",
           "Sun, 00 Nov 1994 08:49:37 GMT",
           "Sun, 31 Nov 1994 08:49:37 GMT",
           "Sun, 06 Nov 1994 24:00:00 GMT",
           "Sun, 06 Nov 1994 08:60:00 GMT",
           ", 06 Nov 1994 08:49:37 GMT",
           ", 06-Nov-94 08:49:37 GMT",
           "Sun, 06  1994 08:49:37 GMT",
           "Sun, 06 Nov 1994 :49:37 GMT",
           "Sun, 06 Nov 1994 08::37 GMT",
           "Sun, 06 Nov  08:49:37 GMT",
           " Nov  6 08:49:37 1994",
           "Sun Nov  6 08:49:37 ",
           "Sunday, 06-Nov- 08:49:37 GMT",
           "Sun, 06-Nov-94 08:49:37 GMT",
           "Sunday, 06-Nov-1994 08:49:37 GMT",
           "Sun Nov 6 08:49:37 1994",
           "Sun Nov  6 08:49:37 1994 GMT",
           "Sun Nov    08:49:37 1994",
           "Sun Nov 6  08:49:37 1994",
           "1994-11-06T08:49:37Z",
           "Sun, 06 Nov 1994 08:4",
           "Sun, 06 Nov 1994  8:49:37 GMT",
       }) {
    EXPECT_EQ(parse(value), std::nullopt) << value;
  }
}

}  // namespace
}  // namespace crewship
