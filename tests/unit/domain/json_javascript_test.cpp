// The rules of JSON.stringify(JSON.parse(text)) one by one. The same is compared with Node over a large corpus in
// tests/e2e/json_fixed_point_test.cpp.
#include <initializer_list>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <crewship/domain/json.hpp>

namespace crewship {
namespace {

struct Example {
  std::string_view text;
  std::string_view javascript;
};

void expect_written(std::initializer_list<Example> examples) {
  for (const auto& [text, javascript] : examples) {
    const auto once = javascript_json(text);
    ASSERT_TRUE(once) << text << ": " << once.error().message;
    EXPECT_EQ(*once, javascript) << text;
    EXPECT_EQ(javascript_json(*once).value(), *once) << text << " does not become a fixed point";
  }
}

TEST(JavaScriptJson, WritesStructure) {
  expect_written({
      {" { } ", "{}"},
      {"[\n]", "[]"},
      {" true ", "true"},
      {"[ 1 , [ ] , { } , null , false ]", "[1,[],{},null,false]"},
      {R"({ "a" : { "b" : [ { } , 1 ] } , "c" : "d" })", R"({"a":{"b":[{},1]},"c":"d"})"},
  });
}

TEST(JavaScriptJson, WritesNumbers) {
  expect_written({
      // Whole numbers: exact up to 2^53, then the nearest double in its shortest digits.
      {"0", "0"},
      {"-0", "0"},
      {"-0.0e5", "0"},
      {"-1", "-1"},
      {"1.0", "1"},
      {"10", "10"},
      {"1.50", "1.5"},
      {"1E2", "100"},
      {"1e+2", "100"},
      {"999999999999999", "999999999999999"},
      {"9007199254740991", "9007199254740991"},
      {"9007199254740993", "9007199254740992"},
      {"9007199254740995", "9007199254740996"},
      {"12345678901234567890", "12345678901234567000"},
      {"-18446744073709551615", "-18446744073709552000"},
      // 1e21 and 1e-7 are where the exponent begins.
      {"1e20", "100000000000000000000"},
      {"123456789012345680000", "123456789012345680000"},
      {"999999999999999999999", "1e+21"},
      {"1e21", "1e+21"},
      {"1.5e21", "1.5e+21"},
      {"-1234567890123456789012", "-1.2345678901234568e+21"},
      {"0.000001", "0.000001"},
      {"1.25e-6", "0.00000125"},
      {"0.0000001", "1e-7"},
      {"1e-7", "1e-7"},
      {"-1.25E-07", "-1.25e-7"},
      {"0.1", "0.1"},
      {"0.10000000000000000555", "0.1"},
      {"0.30000000000000004", "0.30000000000000004"},
      {"123.456", "123.456"},
      {"1e1", "10"},
      {"5e-7", "5e-7"},
      {"100.125", "100.125"},
      // The ends of the range: null past the largest double, 0 below half the smallest.
      {"1.7976931348623157e308", "1.7976931348623157e+308"},
      {"1.7976931348623158e308", "1.7976931348623157e+308"},
      {"1.7976931348623159e308", "null"},
      {"1e309", "null"},
      {"-1e400", "null"},
      {"1e99999999999999999999", "null"},
      {"2.2250738585072014e-308", "2.2250738585072014e-308"},
      {"2.2250738585072011e-308", "2.225073858507201e-308"},
      {"5e-324", "5e-324"},
      {"4.9406564584124654e-324", "5e-324"},
      {"3e-324", "5e-324"},
      {"2.5e-324", "5e-324"},
      {"2.4e-324", "0"},
      {"-1e-324", "0"},
      {"1e-400", "0"},
      {"-1e-99999999999999999999", "0"},
      {"1e18446744073709551615", "null"},
      {"1e-18446744073709551615", "0"},
      {"0e999999", "0"},
      {"0.0e99999999999999999999", "0"},
  });
}

TEST(JavaScriptJson, WritesStrings) {
  expect_written({
      {R"("\u0041\/\u002f")", R"("A//")"},
      {R"("\"\\\b\f\n\r\t")", R"("\"\\\b\f\n\r\t")"},
      {R"("\u0022\u005C\u0008\u000C\u000A\u000D\u0009")", R"("\"\\\b\f\n\r\t")"},
      {R"("\u0000\u000B\u001F\u007f")", "\"\\u0000\\u000b\\u001f\x7f\""},
      {R"("\u00e9\u0800\uFFFF\u2028\u2029")", "\"é\u0800\uffff\u2028\u2029\""},
      {R"("\ud83d\ude00 \uD83D\uDE00 😀")", R"("😀 😀 😀")"},
      {R"("\udbff\udfff\ud800\udc00")", "\"\U0010ffff\U00010000\""},
      {R"("\uD83D")", R"("\ud83d")"},              // lone, and in lower case
      {R"("\ude00\ud83d")", R"("\ude00\ud83d")"},  // the wrong way round
      {R"("\ud83d\ud83d\ude00\ude00")", R"("\ud83d😀\ude00")"},
      {R"("\ud83d\n\ude00")", R"("\ud83d\n\ude00")"},
      {R"("\ud83d\u0041\udbff\ue000\udc00")", "\"\\ud83dA\\udbff\ue000\\udc00\""},
      {"\"\xef\xbb\xbf\x7f\"", "\"\xef\xbb\xbf\x7f\""},
  });
}

TEST(JavaScriptJson, WritesMembers) {
  expect_written({
      {R"({"b":1,"a":2})", R"({"b":1,"a":2})"},
      // One key twice: the last value in the first place, however the key is spelled.
      {R"({"a":1,"b":2,"a":3})", R"({"a":3,"b":2})"},
      {R"({"a":1,"\u0061":2,"a":{"x":[]}})", R"({"a":{"x":[]}})"},
      {R"({"\ud83d\ude00":1,"😀":2,"\ud83d":3,"\uD83D":4})", R"({"😀":2,"\ud83d":4})"},
      {R"({"a":{"2":0,"1":0},"a":1})", R"({"a":1})"},
      // Array indices first and ascending.
      {R"({"b":0,"10":1,"9":2,"a":3,"0":4})", R"({"0":4,"9":2,"10":1,"b":0,"a":3})"},
      {R"({"2":0,"1":1,"2":2})", R"({"1":1,"2":2})"},
      {R"({"\u0031":0,"0":1})", R"({"0":1,"1":0})"},
      {R"({"4294967296":0,"4294967295":1,"4294967294":2})", R"({"4294967294":2,"4294967296":0,"4294967295":1})"},
      {R"({"b":0,"01":1,"-1":2,"1.0":3,"1e0":4,"-0":5," 1":6,"":7,"1x":8,"1":9})",
       R"({"1":9,"b":0,"01":1,"-1":2,"1.0":3,"1e0":4,"-0":5," 1":6,"":7,"1x":8})"},
      {R"({"18446744073709551617":0,"1":1})", R"({"1":1,"18446744073709551617":0})"},
      // Names that mean something to JavaScript are ordinary members of what JSON.parse makes.
      {R"({"b":1,"__proto__":{"x":1},"toJSON":"t","constructor":2,"length":3})",
       R"({"b":1,"__proto__":{"x":1},"toJSON":"t","constructor":2,"length":3})"},
      {R"({"__proto__":1,"a":2,"__proto__":3})", R"({"__proto__":3,"a":2})"},
      // Inside one another, and beside what stays as it is.
      {R"([{"b":{"y":{"2":[{"1":0,"0":[1,2]}],"1":"}"},"0":{}},"a":1,"1":{"k":0,"k":1}},{"x":1}])",
       R"([{"1":{"k":1},"b":{"0":{},"y":{"1":"}","2":[{"0":[1,2],"1":0}]}},"a":1},{"x":1}])"},
  });
}

TEST(JavaScriptJson, ManyKeysAreFoundToBeDuplicatesToo) {
  // More keys than are compared one by one; the later ones are spelled with an escape and come in another order.
  constexpr int keys = 1000;
  std::string text = "{";
  std::string expected = "{";
  for (int index = 0; index < keys; ++index) {
    text += "\"key " + std::to_string(index) + "\":0,";
    expected += "\"key " + std::to_string(index) + (index % 3 == 0 ? "\":2," : "\":0,");
  }
  for (const char* value : {"1", "2"}) {
    for (int index = keys - 1; index >= 0; --index) {
      if (index % 3 == 0) text += "\"\\u006Bey " + std::to_string(index) + "\":" + value + ",";
    }
  }
  text.back() = '}';
  expected.back() = '}';
  EXPECT_EQ(javascript_json(text).value(), expected);
}

TEST(JavaScriptJson, ManyKeysAreLinearWork) {
  // Were each key compared with all before it, this would run into the test's time limit.
  std::string text = "{";
  for (int index = 0; index < 500'000; ++index) text += "\"k" + std::to_string(index) + "\":0,";
  text.back() = '}';
  EXPECT_EQ(javascript_json(text).value(), text);
}

TEST(JavaScriptJson, DigitsWithoutEndAreRead) {
  const std::string zeros(100'000, '0');
  EXPECT_EQ(javascript_json("1" + zeros).value(), "null");
  EXPECT_EQ(javascript_json("1" + zeros + "e-100000").value(), "1");
  EXPECT_EQ(javascript_json("0." + zeros + "1").value(), "0");
  EXPECT_EQ(javascript_json("0." + zeros + "1e100001").value(), "1");
  EXPECT_EQ(javascript_json("0." + zeros + "1e100400").value(), "null");
  EXPECT_EQ(javascript_json("1" + zeros + "e-100400").value(), "0");
  // One digit past half way between two doubles decides, however far away it is.
  EXPECT_EQ(javascript_json("9007199254740993." + zeros).value(), "9007199254740992");
  EXPECT_EQ(javascript_json("9007199254740993." + zeros + "1").value(), "9007199254740994");
}

TEST(JavaScriptJson, DeepObjectsThatMustAllBeRearrangedAreLinearWork) {
  // Were each level rearranged by itself, this would copy 200,000 times a megabyte and run into the test's time limit.
  constexpr std::size_t levels = 200'000;
  std::string text;
  std::string expected;
  for (std::size_t level = 0; level < levels; ++level) {
    text += "{\"1\":";
    expected += "{\"0\":0,\"1\":";
  }
  text += "true";
  expected += "true";
  for (std::size_t level = 0; level < levels; ++level) text += ",\"0\":0}";
  expected.append(levels, '}');
  EXPECT_EQ(javascript_json(text, levels).value(), expected);
}

}  // namespace
}  // namespace crewship
