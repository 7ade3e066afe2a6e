#include <crewship/base/json_writer.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace crewship {
namespace {

using namespace std::literals;

TEST(JsonQuote, EscapesAsJsonStringifyDoes) {
  EXPECT_EQ(json_quote(""), R"("")");
  EXPECT_EQ(json_quote("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(json_quote("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(json_quote("\0\x01\x1b\x1f"sv), R"("\u0000\u0001\u001b\u001f")");
}

TEST(JsonQuote, LeavesTheRestAlone) {
  const std::string text = "\x7f é \xe2\x80\xa8 😀 <script>&'";
  EXPECT_EQ(json_quote(text), '"' + text + '"');
}

TEST(JsonWriter, KnowsWhereCommasGo) {
  JsonWriter json;
  json.begin_object().field("id", "run_1").key("tags").begin_array().string("a").null().begin_object().end_object();
  json.begin_array().end_array().boolean(true).number(-1).end_array().raw_field("input", R"({"a": 1})");
  json.key("empty").begin_object().end_object().null_field("output").end_object();
  EXPECT_EQ(json.text(), R"({"id":"run_1","tags":["a",null,{},[],true,-1],"input":{"a": 1},"empty":{},"output":null})");
}

TEST(JsonWriter, WritesEachKindOfField) {
  JsonWriter json;
  json.begin_object().field("s", std::string("x")).field("v", "y"sv).field("yes", true).field("no", false);
  json.field("i", 7)
      .field("u", 7U)
      .field("size", std::size_t{8})
      .field("low", std::numeric_limits<std::int64_t>::min());
  json.field("none", std::optional<std::string>()).field("some", std::optional<std::string>("z"));
  json.field("number", std::optional<int>(3)).field("flag", std::optional<bool>(false)).end_object();
  EXPECT_EQ(json.text(), R"({"s":"x","v":"y","yes":true,"no":false,"i":7,"u":7,"size":8,"low":-9223372036854775808,)"
                         R"("none":null,"some":"z","number":3,"flag":false})");
}

TEST(JsonWriter, QuotesKeysToo) {
  JsonWriter json;
  json.begin_object().field("a\"\n", 1).end_object();
  EXPECT_EQ(json.text(), R"({"a\"\n":1})");
}

TEST(JsonWriter, StartsAfreshWhenItsTextIsTaken) {
  JsonWriter json;
  json.begin_array().number(1).end_array();
  EXPECT_EQ(json.take(), "[1]");
  json.begin_array().number(2).end_array();
  EXPECT_EQ(json.take(), "[2]");
}

}  // namespace
}  // namespace crewship
