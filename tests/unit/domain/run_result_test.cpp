// What a program's output, exit status and signal become in the words of the API.
#include <csignal>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <crewship/domain/json.hpp>
#include <crewship/domain/run.hpp>

namespace crewship {
namespace {

using namespace std::string_view_literals;

std::string nested(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

TEST(OutputFromStdout, AnObjectStaysByteForByteWithoutTheSpaceAround) {
  EXPECT_EQ(output_from_stdout("{}"), "{}");
  EXPECT_EQ(output_from_stdout("{\"a\": 1.0,\n \"a\" :-0}\n"), "{\"a\": 1.0,\n \"a\" :-0}");
  EXPECT_EQ(output_from_stdout("\r\n\t {\"2\":2,\"1\":\"\\ud800\"} \r\n\n"), R"({"2":2,"1":"\ud800"})");
}

TEST(OutputFromStdout, OtherJsonBecomesTheResult) {
  EXPECT_EQ(output_from_stdout("[1, 2]\n"), R"({"result":[1, 2]})");
  EXPECT_EQ(output_from_stdout(" \"text\" "), R"({"result":"text"})");
  EXPECT_EQ(output_from_stdout("12345678901234567890\n"), R"({"result":12345678901234567890})");
  EXPECT_EQ(output_from_stdout("true"), R"({"result":true})");
  EXPECT_EQ(output_from_stdout("null\n"), R"({"result":null})");
}

TEST(OutputFromStdout, NothingIsAnEmptyObject) {
  EXPECT_EQ(output_from_stdout(""), "{}");
  EXPECT_EQ(output_from_stdout("\n"), "{}");
  EXPECT_EQ(output_from_stdout(" \t\r\n \n"), "{}");
}

TEST(OutputFromStdout, TextBecomesTheResultWithoutTrailingLineEnds) {
  EXPECT_EQ(output_from_stdout("hello\n"), R"({"result":"hello"})");
  EXPECT_EQ(output_from_stdout("hello\r\n\r\n"), R"({"result":"hello"})");
  EXPECT_EQ(output_from_stdout("\n  two\nlines \n"), R"({"result":"\n  two\nlines "})");
  EXPECT_EQ(output_from_stdout("say \"hé\"\t\x1b[0m\0\u2028"sv),
            "{\"result\":\"say \\\"hé\\\"\\t\\u001b[0m\\u0000\u2028\"}");
}

TEST(OutputFromStdout, WhatIsAlmostJsonIsText) {
  EXPECT_EQ(output_from_stdout("NaN\n"), R"({"result":"NaN"})");
  EXPECT_EQ(output_from_stdout("{'a': 1}"), R"({"result":"{'a': 1}"})");
  EXPECT_EQ(output_from_stdout("{}\n{}\n"), R"({"result":"{}\n{}"})");
  EXPECT_EQ(output_from_stdout("{\"a\":1"), R"({"result":"{\"a\":1"})");
  EXPECT_EQ(output_from_stdout("\f{}"), R"({"result":"\f{}"})");
}

TEST(OutputFromStdout, InvalidUtf8IsReplaced) {
  EXPECT_EQ(output_from_stdout("caf\xe9\n"), "{\"result\":\"caf\uFFFD\"}");
  EXPECT_EQ(output_from_stdout("{\"a\":\"\xff\"}"), "{\"result\":\"{\\\"a\\\":\\\"\uFFFD\\\"}\"}");
  EXPECT_EQ(output_from_stdout("\xed\xa0\x80"), "{\"result\":\"\uFFFD\uFFFD\uFFFD\"}");
}

TEST(OutputFromStdout, NestingOver64LevelsIsText) {
  EXPECT_EQ(output_from_stdout(nested(64)), "{\"result\":" + nested(64) + "}");
  EXPECT_EQ(output_from_stdout(nested(65)), "{\"result\":\"" + nested(65) + "\"}");
  const auto deepest = "{\"a\":" + nested(63) + "}";
  EXPECT_EQ(output_from_stdout(deepest), deepest);
}

TEST(DescribeExit, NamesTheStatusAndTheLastLine) {
  EXPECT_EQ(describe_exit(3, "KeyError: 'topic'"), "exited with status 3: KeyError: 'topic'");
  EXPECT_EQ(describe_exit(255, "  indented\r\n"), "exited with status 255:   indented");
  EXPECT_EQ(describe_exit(1, "caf\xe9"), "exited with status 1: caf\uFFFD");
}

TEST(DescribeExit, WithoutALineThereIsNoColon) {
  EXPECT_EQ(describe_exit(1, ""), "exited with status 1");
  EXPECT_EQ(describe_exit(127, " \t\n"), "exited with status 127");
}

TEST(DescribeExit, CutsALongLineBetweenCharacters) {
  const std::string prefix = "exited with status 1: ";
  EXPECT_EQ(describe_exit(1, std::string(4096, 'x')), prefix + std::string(4096, 'x'));
  EXPECT_EQ(describe_exit(1, std::string(4097, 'x')), prefix + std::string(4096, 'x') + "…");
  EXPECT_EQ(describe_exit(1, std::string(4095, 'x') + "é"), prefix + std::string(4095, 'x') + "…");
  EXPECT_EQ(describe_exit(1, std::string(4094, 'x') + "éx"), prefix + std::string(4094, 'x') + "é…");
}

TEST(DescribeSignal, NamesIt) {
  EXPECT_EQ(describe_signal(SIGKILL), "killed by signal 9 (SIGKILL)");
  EXPECT_EQ(describe_signal(SIGTERM), "killed by signal 15 (SIGTERM)");
  EXPECT_EQ(describe_signal(SIGSEGV), "killed by signal 11 (SIGSEGV)");
}

TEST(DescribeSignal, ARealTimeSignalHasNoName) { EXPECT_EQ(describe_signal(40), "killed by signal 40"); }

}  // namespace
}  // namespace crewship
