#include <crewship/base/log.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <stdlib.h>

#include <gtest/gtest.h>

#include <crewship/base/log_style.hpp>
#include <crewship/base/time_format.hpp>
#include <crewship/base/unique_fd.hpp>

#include "support/log_capture.hpp"

namespace crewship {
namespace {

using namespace std::literals;

constexpr std::size_t timestamp_bytes = 24;

std::string only_line(const LogCapture& log) {
  const auto lines = log.lines();
  EXPECT_EQ(lines.size(), 1U);
  return lines.empty() ? "" : lines.front();
}

// The line of one field, without time, level, event and key.
std::string written(std::string_view value, LogFormat format = LogFormat::text) {
  LogCapture log(LogLevel::info, format);
  log_info("e", {{"k", value}});
  const std::string line = only_line(log);
  const std::string_view before = format == LogFormat::text ? "k=" : R"("k":)";
  return line.substr(line.find(before) + before.size());
}

TEST(Log, TextLineIsTimeLevelEventAndFields) {
  LogCapture log;
  log_info("run started", {{"run_id", RunId::trusted("run_1")}, {"version_number", 3}, {"cause", "went live"}});
  const std::string line = only_line(log);
  EXPECT_TRUE(parse_timestamp(line.substr(0, timestamp_bytes))) << line;
  EXPECT_EQ(line.substr(timestamp_bytes), R"( INFO  run started  run_id=run_1 version_number=3 cause="went live")");
}

TEST(Log, TextLevelsLineUp) {
  LogCapture log;
  log_debug("d");
  log_warning("w");
  log_error("e");
  EXPECT_TRUE(log.has_line("Z DEBUG d"));
  EXPECT_TRUE(log.has_line("Z WARN  w"));
  EXPECT_TRUE(log.has_line("Z ERROR e"));
}

TEST(Log, OnATerminalFieldsLineUpAndLevelsHaveColours) {
  LogCapture log;
  colour_log(true);
  log_warning("short", {{"k", "\x1b[2J"}});
  log_info("a little longer", {{"k", 1}});
  colour_log(false);
  const auto lines = log.lines();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].contains("\x1b[33mWARN  \x1b[0mshort                    \x1b[2mk=\x1b[0m\"\\u001b[2J\""))
      << lines[0];
  EXPECT_TRUE(lines[1].contains("\x1b[32mINFO  \x1b[0ma little longer          \x1b[2mk=\x1b[0m1")) << lines[1];
}

TEST(Log, OnlyATerminalWantsColour) {
  const UniqueFd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  EXPECT_FALSE(wants_colour(null.get()));
  const UniqueFd terminal(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_TRUE(terminal);
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "xterm", 1);
  EXPECT_TRUE(wants_colour(terminal.get()));
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(wants_colour(terminal.get()));
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(wants_colour(terminal.get()));
}

TEST(Log, JsonLineIsOneObject) {
  LogCapture log(LogLevel::info, LogFormat::json);
  log_warning("attempt failed", {{"delivery_id", DeliveryId::trusted("dlv_1")},
                                 {"attempt", 2},
                                 {"last", false},
                                 {"error", "connect: \"refused\"\n"},
                                 {"big", std::numeric_limits<std::uint64_t>::max()}});
  const std::string line = only_line(log);
  EXPECT_TRUE(line.starts_with(R"({"time":"2)"));
  EXPECT_TRUE(line.ends_with(R"(Z","level":"warning","event":"attempt failed","delivery_id":"dlv_1","attempt":2,)"
                             R"("last":false,"error":"connect: \"refused\"\n","big":18446744073709551615})"))
      << line;
}

TEST(Log, PlainValuesHaveNoQuotes) {
  for (const char* value : {"run_1", "127.0.0.1:8080", "[::1]:80", "/a/b?c", "50%", "it's"})
    EXPECT_EQ(written(value), value);
}

TEST(Log, ValuesThatCouldBeMisreadAreQuoted) {
  EXPECT_EQ(written(""), R"("")");
  EXPECT_EQ(written("two words"), R"("two words")");
  EXPECT_EQ(written("a=b"), R"("a=b")");
  EXPECT_EQ(written("say \"hi\""), R"("say \"hi\"")");
  EXPECT_EQ(written("back\\slash"), R"("back\\slash")");
  EXPECT_EQ(written("größe 😀"), R"("größe 😀")");
}

TEST(Log, NoValueCanForgeALineOrAField) {
  const std::string forged = "x\n2026-01-02T03:04:05.678Z INFO  run started  run_id=run_2";
  EXPECT_EQ(written(forged), R"("x\n2026-01-02T03:04:05.678Z INFO  run started  run_id=run_2")");
  EXPECT_EQ(written("x\" run_id=\"run_2"), R"("x\" run_id=\"run_2")");
  EXPECT_EQ(written("x\r\n\t"), R"("x\r\n\t")");
  EXPECT_EQ(written("\"}\n{\"event\":\"e", LogFormat::json), "\"\\\"}\\n{\\\"event\\\":\\\"e\"}");
}

TEST(Log, NoValueCanMoveATerminalsCursor) {
  for (const LogFormat format : {LogFormat::text, LogFormat::json}) {
    const std::string end = format == LogFormat::text ? "" : "}";
    EXPECT_EQ(written("\x1b[2J\x07\x7f\0"sv, format), R"("\u001b[2J\u0007\u007f\u0000")" + end);
    EXPECT_EQ(written("\xc2\x9b[2J", format), R"("\u009b[2J")" + end) << "a C1 control";
    EXPECT_EQ(written("a\xe2\x80\xae\xe2\x80\xa8z", format), R"("a\u202e\u2028z")" + end)
        << "reordering, line separator";
  }
}

TEST(Log, InvalidUtf8IsShownAndStaysValidJson) {
  EXPECT_EQ(written("a\xff\x9b z"), R"("a\xff\x9b z")");
  EXPECT_EQ(written("a\xffz", LogFormat::json), R"("a\ufffdz"})");
  for (const char* bytes : {"\xc0\x8a", "\xe0\x80\x8a", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf0\x80\x80\x8a",
                            "\xe2\x82", "\xc3", "\x80", "\xf5\x80\x80\x80", "\xc3("}) {
    const std::string text = written(bytes);
    EXPECT_TRUE(text.starts_with(R"("\x)")) << bytes;
  }
}

TEST(Log, EventWordsAreEscapedToo) {
  LogCapture log;
  log_info("a\nb\x1b");
  EXPECT_TRUE(only_line(log).ends_with(R"(INFO  a\nb\u001b)"));
}

TEST(Log, AHugeValueIsCutBetweenCharacters) {
  EXPECT_EQ(written(std::string(2048, 'x')), std::string(2048, 'x'));
  EXPECT_EQ(written(std::string(5000, 'x')), '"' + std::string(2048, 'x') + "... (5000 bytes)\"");
  EXPECT_EQ(written(std::string(2047, 'x') + "é"), '"' + std::string(2047, 'x') + "... (2049 bytes)\"");
}

TEST(Log, LevelSilencesWhatIsBelowIt) {
  LogCapture log(LogLevel::warning);
  log_info("quiet");
  log_warning("loud");
  EXPECT_FALSE(log_enabled(LogLevel::info));
  EXPECT_TRUE(log_enabled(LogLevel::warning));
  EXPECT_EQ(log.lines().size(), 1U);
  set_log_level(LogLevel::debug);
  log_debug("now");
  EXPECT_TRUE(log.has_line("DEBUG now"));
}

TEST(Log, LevelsHaveNames) {
  EXPECT_EQ(parse_log_level("debug"), LogLevel::debug);
  EXPECT_EQ(parse_log_level("info"), LogLevel::info);
  EXPECT_EQ(parse_log_level("warning"), LogLevel::warning);
  EXPECT_EQ(parse_log_level("warn"), LogLevel::warning);
  EXPECT_EQ(parse_log_level("error"), LogLevel::error);
  for (const char* name : {"", "INFO", "trace", "off"}) EXPECT_EQ(parse_log_level(name), std::nullopt);
}

TEST(Log, WritesToStderrALineAnEvent) {
  testing::internal::CaptureStderr();
  log_info("first {}", {{"k", "%v {0}"}});
  log_info("second");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(text, '\n'), 2);
  EXPECT_TRUE(text.contains("INFO  first {}  k=\"%v {0}\"\n")) << text;
  EXPECT_TRUE(text.ends_with("INFO  second\n")) << text;
}

TEST(Log, LinesOfThreadsDoNotMix) {
  testing::internal::CaptureStderr();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([] {
        for (int n = 0; n < 200; ++n) log_info("from a thread", {{"k", std::string(100, 'x')}});
      });
  }
  std::istringstream text(testing::internal::GetCapturedStderr());
  int count = 0;
  for (std::string line; std::getline(text, line); ++count)
    EXPECT_EQ(line.substr(timestamp_bytes), " INFO  from a thread  k=" + std::string(100, 'x'));
  EXPECT_EQ(count, 800);
}

}  // namespace
}  // namespace crewship
