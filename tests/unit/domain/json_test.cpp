// What the strict reader accepts, what it refuses and how it says so; and the members of an object.
#include <crewship/domain/json.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace crewship {
namespace {

using namespace std::string_view_literals;

std::string nested(std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); }

TEST(CheckJson, TellsWhatTheTextHolds) {
  EXPECT_EQ(check_json("{}").value(), JsonKind::object);
  EXPECT_EQ(check_json(" [1, {\"a\": []}] ").value(), JsonKind::array);
  EXPECT_EQ(check_json("\"{}\"").value(), JsonKind::string);
  EXPECT_EQ(check_json("-0.5e+3").value(), JsonKind::number);
  EXPECT_EQ(check_json("true").value(), JsonKind::boolean);
  EXPECT_EQ(check_json("false").value(), JsonKind::boolean);
  EXPECT_EQ(check_json("\r\n\t null").value(), JsonKind::null);
}

TEST(CheckJson, AcceptsWhatTheGrammarAllows) {
  for (const std::string_view text : {
           R"({"a":1,"a":2})"sv,  // duplicate keys
           R"({"":{"":[]}})"sv,
           R"(["\ud800", "\uDC00\uD800", "\u0000"])"sv,  // lone surrogates, NUL as an escape
           R"(["\"\\\/\b\f\n\r\t"])"sv, "[0,-0,0.0,1e5,1E+5,1e-05,1.5E5,123456789012345678901234567890,1e999]"sv,
           "\"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""sv,
           "\"\xe2\x80\xa8\xef\xbb\xbf\""sv,  // U+2028 and U+FEFF, inside of a string
       }) {
    EXPECT_TRUE(check_json(text)) << text << ": " << check_json(text).error().message;
  }
}

struct Refused {
  std::string_view text;
  std::size_t offset;
  std::string_view message;
};

void expect_refused(std::initializer_list<Refused> texts) {
  for (const auto& [text, offset, message] : texts) {
    const auto answer = check_json(text);
    ASSERT_FALSE(answer) << text;
    EXPECT_EQ(answer.error().offset, offset) << text;
    EXPECT_EQ(answer.error().message, std::string(message) + " at byte " + std::to_string(offset)) << text;
    // Both others refuse the same texts with the same words.
    EXPECT_EQ(javascript_json(text).error().message, answer.error().message) << text;
    EXPECT_EQ(json_members(text).error().message, answer.error().message) << text;
  }
}

TEST(CheckJson, RefusesBrokenStructure) {
  expect_refused({
      {"", 0, "expected a value"},
      {"  ", 2, "expected a value"},
      {"{\"a\":1 \"b\"", 7, "expected ',' or '}'"},
      {"[1 2]", 3, "expected ',' or ']'"},
      {"{]", 1, "expected a key in double quotes"},
      {"[}", 1, "expected a value"},
      {"[1}", 2, "expected ',' or ']'"},
      {"{\"a\":1]", 6, "expected ',' or '}'"},
      {"[", 1, "expected a value"},
      {"[1", 2, "expected ',' or ']'"},
      {"[1,]", 3, "expected a value"},
      {"[,1]", 1, "expected a value"},
      {"{", 1, "expected a key in double quotes"},
      {"{\"a\":1,}", 7, "expected a key in double quotes"},
      {"{a:1}", 1, "expected a key in double quotes"},
      {"{'a':1}", 1, "expected a key in double quotes"},
      {"{1:1}", 1, "expected a key in double quotes"},
      {"{\"a\" 1}", 5, "expected ':'"},
      {"{\"a\"}", 4, "expected ':'"},
      {"{\"a\":}", 5, "expected a value"},
      {"{} {}", 3, "expected nothing after the value"},
      {"1 x", 2, "expected nothing after the value"},
      {"]", 0, "expected a value"},
      {"[1] // no", 4, "expected nothing after the value"},
      {"{}\0"sv, 2, "expected nothing after the value"},
      {"\x0b{}", 0, "expected a value"},
      {"\xc2\xa0{}", 0, "expected a value"},  // no-break space
  });
}

TEST(CheckJson, RefusesBrokenWords) {
  expect_refused({
      {"nul", 0, "expected a value"},
      {"True", 0, "expected a value"},
      {"nulls", 4, "expected nothing after the value"},
      {"[NaN]", 1, "NaN and Infinity are not JSON: expected a value"},
      {"Infinity", 0, "NaN and Infinity are not JSON: expected a value"},
      {"-Infinity", 1, "expected a digit"},
      {"\xef\xbb\xbf{}", 0, "a byte order mark is not JSON: expected a value"},
      {"-", 1, "expected a digit"},
      {"+1", 0, "expected a value"},
      {".5", 0, "expected a value"},
      {"1.", 2, "expected a digit"},
      {"1.e5", 2, "expected a digit"},
      {"1e", 2, "expected a digit"},
      {"1e+", 3, "expected a digit"},
      {"01", 1, "a number must not start with 0: unexpected digit"},
      {"-00", 2, "a number must not start with 0: unexpected digit"},
      {"0x10", 1, "expected nothing after the value"},
      {"1_000", 1, "expected nothing after the value"},
  });
}

TEST(CheckJson, RefusesBrokenStrings) {
  expect_refused({
      {"\"", 1, "a string is not closed"},
      {"\"ab", 3, "a string is not closed"},
      {"\"\\", 2, "a string is not closed"},
      {"\"\\\"", 3, "a string is not closed"},
      {"\"\\u12", 5, "a string is not closed"},
      {"\"\\u12g4\"", 5, "expected four hexadecimal digits after \\u"},
      {"\"a\\x41\"", 2, "unknown escape in a string"},
      {"\"\\U0041\"", 1, "unknown escape in a string"},
      {"\"\\v\"", 1, "unknown escape in a string"},
      {"\"\\'\"", 1, "unknown escape in a string"},
      {"\"\\\0\""sv, 1, "unknown escape in a string"},
      {"\"a\nb\"", 2, "a string holds a control character, which must be escaped,"},
      {"\"\0\""sv, 1, "a string holds a control character, which must be escaped,"},
      {"{\"\x1f\":1}", 2, "a string holds a control character, which must be escaped,"},
      {"\"\x80\"", 1, "invalid UTF-8"},
      {"\"a\xc0\x80\"", 2, "invalid UTF-8"},         // overlong
      {"\"\xe0\x9f\xbf\"", 1, "invalid UTF-8"},      // overlong
      {"\"\xf0\x8f\xbf\xbf\"", 1, "invalid UTF-8"},  // overlong
      {"\"\xed\xa0\x80\"", 1, "invalid UTF-8"},      // a raw surrogate
      {"\"\xf4\x90\x80\x80\"", 1, "invalid UTF-8"},  // over U+10FFFF
      {"\"\xe2\x82\"", 1, "invalid UTF-8"},          // cut off
      {"\"\xff\"", 1, "invalid UTF-8"},
      {"{\"\xff\":1}", 2, "invalid UTF-8"},
  });
}

TEST(CheckJson, NestingIsLimited) {
  EXPECT_TRUE(check_json(nested(64)));
  EXPECT_EQ(check_json(nested(65)).error().message, "nested over 64 levels at byte 64");
  EXPECT_EQ(javascript_json(nested(65)).error().offset, 64U);
  EXPECT_EQ(json_members("{\"a\":" + nested(64) + "}").error().message, "nested over 64 levels at byte 68");
  EXPECT_TRUE(check_json("1", 0));
  EXPECT_FALSE(check_json("[]", 0));
  EXPECT_TRUE(check_json("[[],[],{}]", 2));  // siblings are not deeper
}

TEST(CheckJson, DepthCannotExhaustTheStack) {
  constexpr std::size_t levels = 4'000'000;
  EXPECT_TRUE(check_json(nested(levels), levels));
  EXPECT_EQ(javascript_json(nested(levels), levels).value(), nested(levels));
  EXPECT_FALSE(check_json(std::string(levels, '['), levels));
}

TEST(JsonMembers, InTheOrderOfTheTextWithTheirRawValues) {
  const std::string text = R"( {"b" : {"x":[1, 2]} , "a":"\u0041" ,"2":-1.50,"b":null, "":true,"c":[ ],"d":false} )";
  const auto members = json_members(text).value();
  const std::vector<std::string_view> keys{"b", "a", "2", "b", "", "c", "d"};
  const std::vector<std::string_view> values{R"({"x":[1, 2]})", R"("\u0041")", "-1.50", "null", "true", "[ ]", "false"};
  const std::vector<JsonKind> kinds{JsonKind::object,  JsonKind::string, JsonKind::number, JsonKind::null,
                                    JsonKind::boolean, JsonKind::array,  JsonKind::boolean};
  ASSERT_EQ(members.size(), keys.size());
  for (std::size_t index = 0; index < members.size(); ++index) {
    EXPECT_EQ(members[index].key, keys[index]);
    EXPECT_EQ(members[index].value, values[index]);
    EXPECT_EQ(members[index].kind, kinds[index]);
  }
  EXPECT_GE(members[0].value.data(), text.data());  // a view, not a copy
  EXPECT_LT(members[0].value.data(), text.data() + text.size());
}

TEST(JsonMembers, KeysAreDecoded) {
  const auto members = json_members(R"({"\u00e9\n\"\/":1,"\ud83d\ude00":2,"\ud83d":3,"\ude00x":4,"日本":5})").value();
  ASSERT_EQ(members.size(), 5U);
  EXPECT_EQ(members[0].key, "é\n\"/");
  EXPECT_EQ(members[1].key, "😀");
  EXPECT_EQ(members[2].key, "\uFFFD");
  EXPECT_EQ(members[3].key, "\uFFFDx");
  EXPECT_EQ(members[4].key, "日本");
}

TEST(JsonMembers, OfAnythingButAnObjectIsAnError) {
  EXPECT_TRUE(json_members("{}").value().empty());
  for (const std::string_view text : {" [{\"a\":1}]", " \"a\"", " 1", " null"}) {
    EXPECT_EQ(json_members(text).error().message, "expected a JSON object at byte 1") << text;
  }
}

}  // namespace
}  // namespace crewship
