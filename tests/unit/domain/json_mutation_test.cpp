// Thousands of damaged texts, the same ones each time: none crashes the reader, and its functions agree with one
// another. Each text lies in memory of exactly its size, so that the address sanitizer sees a read past its end.
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <crewship/domain/json.hpp>

namespace crewship {
namespace {

using namespace std::string_view_literals;

constexpr std::array seeds{
    R"({"run":{"id":"run_1","ok":true,"score":-0.75e-3,"tags":["a","b\n",null]},"10":1,"9":2,"run":[]})"sv,
    R"(["\ud83d\ude00","\ud83d","\u0000\/\"","żółć 日本語 😀",12345678901234567890,1e400,5e-324,-0])"sv,
    R"([[[[{"a":{"b":{"c":[{},[],{"2":0,"1":0,"\u0031":false}]}}}]]]])"sv,
    R"("text")"sv,
    R"( { } )"sv,
};
// What does most damage where it lands.
constexpr std::array tokens{"{"sv,
                            "}"sv,
                            "["sv,
                            "]"sv,
                            ","sv,
                            ":"sv,
                            "\""sv,
                            "\\"sv,
                            "\\u"sv,
                            "\\ud800"sv,
                            "0"sv,
                            "-"sv,
                            "."sv,
                            "e"sv,
                            "1e999"sv,
                            "null"sv,
                            "tru"sv,
                            " "sv,
                            "\0"sv,
                            "\n"sv,
                            "\xff"sv,
                            "\xed\xa0\x80"sv,
                            "\xf0\x9f"sv,
                            "\xc3"sv,
                            "\"a\":1,"sv,
                            "[[[[[[[[[[[[[[[["sv,
                            "\xef\xbb\xbf"sv,
                            "NaN"sv};

class Damage {
 public:
  std::string next() {
    std::string text(seeds[below(seeds.size())]);
    for (std::size_t count = 1 + below(6); count > 0; --count) damage(text);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }

  void damage(std::string& text) {
    const std::size_t place = below(text.size() + 1);
    switch (below(6)) {
      case 0:
        text.insert(place, tokens[below(tokens.size())]);
        break;
      case 1:
        text.erase(place, 1 + below(4));
        break;
      case 2:
        text.resize(place);
        break;
      case 3:
        text.insert(place, text.substr(below(text.size() + 1), below(20)));
        break;
      case 4:
        text.erase(0, place);
        break;
      default:
        if (place < text.size()) text[place] = static_cast<char>(below(256));
    }
  }

  std::mt19937_64 random_{20250115};
};

void expect_consistent(std::string_view text) {
  const auto kind = check_json(text);
  const auto javascript = javascript_json(text);
  const auto members = json_members(text);
  ASSERT_EQ(kind.has_value(), javascript.has_value());
  if (!kind) {
    EXPECT_LE(kind.error().offset, text.size());
    EXPECT_EQ(kind.error().message, javascript.error().message);
    EXPECT_FALSE(members);
    return;
  }
  EXPECT_TRUE(valid_utf8(text));
  // A number can turn into null; nothing else changes its kind.
  const JsonKind written = check_json(*javascript).value();
  EXPECT_TRUE(written == *kind || (*kind == JsonKind::number && written == JsonKind::null));
  EXPECT_EQ(javascript_json(*javascript).value(), *javascript);
  ASSERT_EQ(members.has_value(), *kind == JsonKind::object);
  if (!members) return;
  for (const JsonMember& member : *members) {
    EXPECT_EQ(check_json(member.value).value(), member.kind);
    EXPECT_TRUE(valid_utf8(member.key));
  }
}

TEST(JsonMutation, NoDamagedTextBreaksTheReader) {
  Damage damage;
  std::size_t accepted = 0;
  constexpr std::size_t texts = 60'000;
  for (std::size_t count = 0; count < texts; ++count) {
    const std::string text = damage.next();
    const std::vector<char> exact(text.begin(), text.end());
    const std::string_view view(exact.data(), exact.size());
    expect_consistent(view);
    EXPECT_TRUE(valid_utf8(replace_invalid_utf8(view)));
    EXPECT_EQ(replace_invalid_utf8(view) == view, valid_utf8(view));
    if (check_json(view)) ++accepted;
    if (HasFailure()) FAIL() << "text " << count << ": " << testing::PrintToString(text);
  }
  // Both kinds must occur, or the test shows nothing.
  EXPECT_GT(accepted, texts / 50);
  EXPECT_LT(accepted, texts / 2);
}

}  // namespace
}  // namespace crewship
