#include <crewship/client/table.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <crewship/client/printable.hpp>

namespace crewship {
namespace {

using namespace std::chrono_literals;

TEST(Table, AlignsByTheColumnsThatCharactersTake) {
  Table table({"ID", "NAME", "STATUS"});
  table.add({"dep_1", "crew", "ok"});
  table.add({"dep_22", "日本", "failed"});
  table.add({"d", "e\xcc\x81t\xc3\xa9", ""});
  EXPECT_EQ(table.text(),
            "ID      NAME  STATUS\n"
            "dep_1   crew  ok\n"
            "dep_22  日本  failed\n"
            "d       e\xcc\x81t\xc3\xa9\n");
}

TEST(Table, RefusesARowOfAnotherLength) { EXPECT_THROW(Table({"A", "B"}).add({"1"}), std::logic_error); }

TEST(Table, LetsNoTextMoveTheCursorOrStartALine) {
  Table table({"NAME"});
  table.add(
      {"a\x1b[2J\nb\r\xc2\x9b"
       "31m"});
  EXPECT_EQ(table.text(), "NAME\na\\u{1b}[2J\\nb\\r\\u{9b}31m\n");
}

TEST(FieldList, IndentsFurtherLinesAndKeepsTheirMeaning) {
  EXPECT_EQ(field_list({{"id", "x"}, {"output", "{\n  1\n}\x1b"}}),
            "id      x\noutput  {\n          1\n        }\\u{1b}\n");
}

TEST(Printable, EscapesControlCharactersAndThoseThatTurnTheLineAround) {
  EXPECT_EQ(printable("a\\b \x7f \xe2\x80\xae \xe2\x80\xa8 \xef\xbb\xbf é"),
            "a\\b \\u{7f} \\u{202e} \\u{2028} \\u{feff} é");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\u{0}");
  EXPECT_EQ(printable("\xff\xc3"), "\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(printable_lines("a\n\tb\r\x1b"), "a\n\tb\\r\\u{1b}");
}

TEST(Printable, JsonMeansTheSameAfterwards) {
  EXPECT_EQ(printable_json("{\"a\":\"\x7f\xc2\x9b\xe2\x80\xae\"}\n"), "{\"a\":\"\\u007f\\u009b\\u202e\"}\n");
}

TEST(RelativeTime, IsSaidInTheLargestUnit) {
  const WallTime now{1'000'000'000'000ms};
  EXPECT_EQ(relative_time(now, now), "now");
  EXPECT_EQ(relative_time(now - 999ms, now), "now");
  EXPECT_EQ(relative_time(now - 59s, now), "59 s ago");
  EXPECT_EQ(relative_time(now - 60s, now), "1 min ago");
  EXPECT_EQ(relative_time(now - 47h, now), "47 h ago");
  EXPECT_EQ(relative_time(now - 48h, now), "2 d ago");
  EXPECT_EQ(relative_time(now + 5min, now), "in 5 min");
}

TEST(Duration, IsSaidAsPreciselyAsOneWantsToKnow) {
  EXPECT_EQ(duration_text(17ms), "17 ms");
  EXPECT_EQ(duration_text(1234ms), "1.2 s");
  EXPECT_EQ(duration_text(200s), "3 min 20 s");
  EXPECT_EQ(duration_text(125min), "2 h 5 min");
}

}  // namespace
}  // namespace crewship
