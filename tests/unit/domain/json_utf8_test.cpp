// UTF-8 well-formedness, and the replacement that browsers and Node do (the examples of the Unicode standard, 3.9).
#include <string_view>

#include <gtest/gtest.h>

#include <crewship/domain/json.hpp>

namespace crewship {
namespace {

using namespace std::string_view_literals;

TEST(Utf8, WellFormedTextStaysAsItIs) {
  for (const std::string_view text :
       {""sv, "plain"sv, "\0nul"sv, "żółć 日本語 😀"sv, "\u0080\u07ff\u0800\ue000\uffff"sv, "\U00010000\U0010ffff"sv,
        "\xef\xbb\xbfmark"sv}) {
    EXPECT_TRUE(valid_utf8(text)) << text;
    EXPECT_EQ(replace_invalid_utf8(text), text);
  }
}

TEST(Utf8, EachMaximalSubpartBecomesOneReplacementCharacter) {
  struct Example {
    std::string_view text;
    std::string_view replaced;
  };
  for (const auto& [text, replaced] : {
           Example{"a\xff"
                   "b",
                   "a\uFFFDb"},
           Example{"\x80", "\uFFFD"}, Example{"\xc0\xaf", "\uFFFD\uFFFD"},  // overlong: the lead byte is never right
           Example{"\xe0\x80\xaf", "\uFFFD\uFFFD\uFFFD"},                   //
           Example{"\xf0\x80\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},         //
           Example{"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},                   // a surrogate
           Example{"\xf4\x91\x92\x93", "\uFFFD\uFFFD\uFFFD\uFFFD"},         // over U+10FFFF
           Example{"\xf5\x80", "\uFFFD\uFFFD"},                             //
           Example{"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", "\uFFFD\uFFFD\uFFFD\uFFFD\x41"},  // cut off: one for each
           Example{"\xf0\x9f\x98", "\uFFFD"},                                                // cut off at the end
           Example{"\xc3", "\uFFFD"},                                                        //
           Example{"\xc3(", "\uFFFD("},                                                      //
           Example{"\xe2\x82\xac\xe2\x82", "€\uFFFD"},                                       //
       }) {
    EXPECT_FALSE(valid_utf8(text)) << text;
    EXPECT_EQ(replace_invalid_utf8(text), replaced);
    EXPECT_TRUE(valid_utf8(replace_invalid_utf8(text)));
  }
}

}  // namespace
}  // namespace crewship
