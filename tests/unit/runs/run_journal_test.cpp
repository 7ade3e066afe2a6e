#include "../../../src/runs/run_journal.hpp"

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

std::vector<std::string> messages(const std::vector<RunEvent>& lines) {
  std::vector<std::string> result;
  for (const auto& line : lines) result.push_back(line.text);
  return result;
}

class RunJournalTest : public testing::Test {
 protected:
  FakeClock clock_;
};

TEST_F(RunJournalTest, SplitsWhereverTheBytesAreCut) {
  const std::string text = "one\ntwo\r\n\nfour é\nunfinished";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    RunJournal log({}, clock_);
    log.feed_log(std::string_view(text).substr(0, cut));
    log.feed_log(std::string_view(text).substr(cut));
    log.finish();
    EXPECT_THAT(messages(log.take(everything)), ElementsAre("one", "two", "", "four é", "unfinished")) << cut;
  }
}

TEST_F(RunJournalTest, NumbersAndStampsLines) {
  RunJournal log({}, clock_);
  log.feed_log("a\n");
  clock_.advance(std::chrono::seconds(1));
  log.feed_log("b\n");
  const auto lines = log.take(everything);
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[0].number, 2);
  EXPECT_EQ(lines[1].number, 3);
  EXPECT_EQ(lines[0].level, "info");
  EXPECT_EQ(lines[1].timestamp - lines[0].timestamp, std::chrono::seconds(1));
}

TEST_F(RunJournalTest, CutsLongLinesBetweenCharacters) {
  RunJournal log({.log_line_bytes = 5}, clock_);
  log.feed_log("12345\n123456\n1234é\n");
  for (int i = 0; i < 100; ++i) log.feed_log("abc");
  log.feed_log("\nend\n");
  EXPECT_THAT(messages(log.take(everything)), ElementsAre("12345", "12345…", "1234…", "abcab…", "end"));
}

TEST_F(RunJournalTest, RepairsInvalidUtf8) {
  RunJournal log({}, clock_);
  log.feed_log(
      "a\xff"
      "b\n");
  EXPECT_THAT(messages(log.take(everything)), ElementsAre("a\xef\xbf\xbd"
                                                          "b"));
}

TEST_F(RunJournalTest, StopsAtTheLimitOfTheWholeLogAndSaysSo) {
  RunJournal log({.log_bytes = 1000}, clock_);
  for (int i = 0; i < 1000; ++i) log.feed_log("0123456789\n");
  log.feed_log("the last words\n\n");
  log.finish();
  const auto lines = log.take(everything);
  ASSERT_GT(lines.size(), 2u);
  EXPECT_LT(lines.size(), 100u);
  EXPECT_EQ(lines.back().text, "the log exceeds 1000 bytes; the rest of it is dropped");
  EXPECT_EQ(lines.back().level, "warning");
  EXPECT_EQ(log.last_line(), "the last words");
}

TEST_F(RunJournalTest, CountsEmptyLinesToo) {
  RunJournal log({.log_bytes = 1000}, clock_);
  log.feed_log(std::string(100000, '\n'));
  EXPECT_LT(log.take(everything).size(), 100u);
}

TEST_F(RunJournalTest, DropsWhatNobodyTakesAndSaysHowMuch) {
  RunJournal log({.waiting_bytes = 200}, clock_);
  for (int i = 0; i < 10; ++i) log.feed_log("0123456789\n");
  EXPECT_LE(log.waiting_bytes(), 200u);
  EXPECT_THAT(log.take(everything), SizeIs(4));
  log.feed_log("again\n");
  const auto lines = log.take(everything);
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[0].text, HasSubstr("6 lines dropped"));
  EXPECT_EQ(lines[1].text, "again");
}

TEST_F(RunJournalTest, SaysAtTheEndWhatItDropped) {
  RunJournal log({.waiting_bytes = 50}, clock_);
  log.feed_log("0123456789\n0123456789\n");
  log.finish();
  const auto lines = log.take(everything);
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[1].text, HasSubstr("1 line dropped"));
}

TEST_F(RunJournalTest, GivesInPortionsAndTakesBack) {
  RunJournal log({}, clock_);
  log.feed_log("a\nb\nc\n");
  const auto before = log.waiting_bytes();
  auto first = log.take(1);
  EXPECT_THAT(messages(first), ElementsAre("a"));
  log.put_back(std::move(first));
  EXPECT_EQ(log.waiting_bytes(), before);
  EXPECT_THAT(messages(log.take(everything)), ElementsAre("a", "b", "c"));
  EXPECT_TRUE(log.empty());
  EXPECT_EQ(log.waiting_bytes(), 0u);
}

std::vector<std::string> types(const std::vector<RunEvent>& events) {
  std::vector<std::string> result;
  for (const auto& event : events) result.push_back(event.type);
  return result;
}

TEST_F(RunJournalTest, EventsAndLinesAreOneSequence) {
  RunJournal journal({}, clock_);
  journal.feed_log("one\n");
  journal.feed_events(R"({"type":"step","data":{"n":1}})"
                      "\n{\"type\":\"unfin");
  journal.feed_log("two\n");
  journal.feed_events("ished\"}");
  journal.finish();
  const auto events = journal.take(everything);
  EXPECT_THAT(types(events), ElementsAre("log", "step", "log", "unfinished"));
  EXPECT_THAT(messages(events), ElementsAre("one", R"({"n":1})", "two", "{}"));
  EXPECT_EQ(events[0].number, 2);
  EXPECT_EQ(events[3].number, 5);
  EXPECT_EQ(journal.next_number(), 6);
}

TEST_F(RunJournalTest, ALogEventIsALineOfTheLog) {
  RunJournal journal({}, clock_);
  journal.add_event_line(R"({"type":"log","data":{"level":"error","message":"broken"}})");
  const auto events = journal.take(everything);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_TRUE(events[0].is_log());
  EXPECT_EQ(events[0].level, "error");
  EXPECT_EQ(events[0].text, "broken");
}

TEST_F(RunJournalTest, WhatIsNoEventIsDroppedAndSaidOnce) {
  RunJournal journal({.event_line_bytes = 40}, clock_);
  journal.feed_events("noise\n\n{\"type\":\"a\"}\n" + std::string(1000, 'x') + "\n{\"type\":\"complete\"}\n");
  journal.finish();
  const auto events = journal.take(everything);
  EXPECT_THAT(types(events), ElementsAre("log", "a", "log"));
  EXPECT_THAT(events[0].text, HasSubstr("an event was dropped: it is not a JSON object"));
  EXPECT_EQ(events[0].level, "warning");
  EXPECT_EQ(events[2].text, "3 lines dropped that were no events");
}

TEST_F(RunJournalTest, AnEventThatIsTooLongIsNoEvent) {
  RunJournal journal({.event_line_bytes = 64}, clock_);
  const std::string longest = R"({"type":"a","data":")" + std::string(42, 'x') + R"("})";
  ASSERT_EQ(longest.size(), 64u);
  journal.feed_events(longest + "\n" + longest + " \n");
  const auto events = journal.take(everything);
  EXPECT_THAT(types(events), ElementsAre("a", "log"));
  EXPECT_THAT(events[1].text, HasSubstr("it is longer than 64 bytes"));
}

TEST_F(RunJournalTest, StopsAtTheLimitOfAllEventsAndSaysSo) {
  RunJournal journal({.events_bytes = 1000}, clock_);
  for (int i = 0; i < 1000; ++i) journal.feed_events("{\"type\":\"a\"}\n");
  journal.feed_log("the log goes on\n");
  const auto events = journal.take(everything);
  EXPECT_LT(events.size(), 30u);
  EXPECT_GT(events.size(), 10u);
  EXPECT_EQ(events[events.size() - 2].text, "the events exceed 1000 bytes; the rest of them is dropped");
  EXPECT_EQ(events.back().text, "the log goes on");
}

TEST_F(RunJournalTest, DropsEventsThatNobodyTakesAndSaysHowMany) {
  RunJournal journal({.waiting_bytes = 100}, clock_);
  for (int i = 0; i < 5; ++i) journal.add_event_line(R"({"type":"a"})");
  EXPECT_LE(journal.waiting_bytes(), 100u);
  EXPECT_THAT(journal.take(everything), SizeIs(2));
  journal.finish();
  const auto events = journal.take(everything);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_THAT(events[0].text, HasSubstr("3 events dropped"));
}

}  // namespace
}  // namespace crewship
