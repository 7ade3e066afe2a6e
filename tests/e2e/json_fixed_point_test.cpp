// javascript_json against the original: over a large corpus, Node must accept the same texts and write the same bytes.
// Receivers that verify a signature over JSON.stringify(JSON.parse(body)) depend on it.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <crewship/domain/json.hpp>

#include "json_corpus.hpp"

namespace crewship {
namespace {

using testing_support::JsonCorpus;

constexpr std::uint32_t not_json = 0xFFFFFFFF;
constexpr std::uint32_t not_fixed = 0xFFFFFFFE;
constexpr std::size_t any_depth = 1'000'000;

template <class Make>
std::vector<std::string> make_texts(std::size_t count, Make make) {
  std::vector<std::string> texts(count);
  std::ranges::generate(texts, make);
  return texts;
}

class JsonFixedPoint : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "json_fixed_point.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Asks one node process about all texts and compares.
  void compare(const std::vector<std::string>& texts) {
    std::ofstream questions(path("questions"), std::ios::binary);
    for (const std::string& text : texts) {
      for (unsigned shift = 0; shift < 32; shift += 8) questions.put(static_cast<char>(text.size() >> shift & 0xFF));
      questions << text;
    }
    questions.close();
    const std::string command = "node '" CREWSHIP_SOURCE_DIR "/tests/e2e/json_fixed_point.mjs' < '" +
                                path("questions") + "' > '" + path("answers") + "'";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
    std::ifstream file(path("answers"), std::ios::binary);
    const std::string answers((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());

    std::string_view rest = answers;
    for (const std::string& text : texts) {
      ASSERT_GE(rest.size(), 4U) << "node answered too little";
      std::uint32_t length = 0;
      for (unsigned index = 0; index < 4; ++index) {
        length |= static_cast<std::uint32_t>(static_cast<unsigned char>(rest[index])) << (8 * index);
      }
      rest.remove_prefix(4);
      ASSERT_NE(length, not_fixed) << "JSON.stringify is no fixed point for " << testing::PrintToString(text);
      if (length == not_json) {
        expect_refused(text);
      } else {
        expect_written(text, rest.substr(0, length));
        rest.remove_prefix(length);
      }
      if (HasFailure()) return;  // one is enough to look at
    }
    EXPECT_TRUE(rest.empty()) << "node answered too much";
  }

  std::size_t accepted() const { return accepted_; }

 private:
  std::string path(std::string_view name) const { return folder_ + "/" + std::string(name); }

  void expect_refused(const std::string& text) {
    EXPECT_FALSE(check_json(text, any_depth)) << "node refuses " << testing::PrintToString(text);
    EXPECT_FALSE(javascript_json(text, any_depth));
  }

  void expect_written(const std::string& text, std::string_view by_node) {
    ++accepted_;
    EXPECT_TRUE(check_json(text, any_depth)) << "node accepts " << testing::PrintToString(text);
    const auto ours = javascript_json(text, any_depth);
    ASSERT_TRUE(ours) << ours.error().message << ": " << testing::PrintToString(text);
    EXPECT_EQ(*ours, by_node) << "for " << testing::PrintToString(text);
    EXPECT_EQ(javascript_json(*ours, any_depth).value(), *ours) << "no fixed point: " << testing::PrintToString(text);
  }

  std::string folder_;
  std::size_t accepted_ = 0;
};

TEST_F(JsonFixedPoint, NumbersAtTheBoundaries) {
  const auto texts = testing_support::number_boundaries();
  compare(texts);
  EXPECT_EQ(accepted(), texts.size());
}

TEST_F(JsonFixedPoint, AnyNumbers) {
  JsonCorpus corpus(1);
  const auto texts = make_texts(30'000, [&] { return corpus.number(); });
  compare(texts);
  EXPECT_EQ(accepted(), texts.size());
}

TEST_F(JsonFixedPoint, AnyStrings) {
  JsonCorpus corpus(2);
  const auto texts = make_texts(10'000, [&] { return corpus.string(); });
  compare(texts);
  EXPECT_EQ(accepted(), texts.size());
}

TEST_F(JsonFixedPoint, AnyDocuments) {
  JsonCorpus corpus(3);
  const auto texts = make_texts(10'000, [&] { return corpus.object(corpus.below(4)); });
  compare(texts);
  EXPECT_EQ(accepted(), texts.size());
}

TEST_F(JsonFixedPoint, DeepDocuments) {
  JsonCorpus corpus(4);
  const auto texts = make_texts(500, [&] { return corpus.deep(corpus.below(100)); });
  compare(texts);
  EXPECT_EQ(accepted(), texts.size());
}

TEST_F(JsonFixedPoint, EveryShortSequenceOfPunctuation) {
  compare(testing_support::all_sequences({"[", "]", "{", "}", ",", ":", "\"a\""}, 6));
  EXPECT_GT(accepted(), 10U);
}

TEST_F(JsonFixedPoint, EveryShortSequenceOfWhatNumbersAreMadeOf) {
  compare(testing_support::all_sequences({"-", "0", "1", ".", "e", "E", "+"}, 6));
  EXPECT_GT(accepted(), 1000U);
}

TEST_F(JsonFixedPoint, DamagedTexts) {
  JsonCorpus corpus(5);
  auto texts = make_texts(20'000, [&] { return corpus.damaged(corpus.object(corpus.below(3))); });
  std::erase_if(texts, [](const std::string& text) { return !valid_utf8(text); });  // Node's decoder would repair them
  compare(texts);
  EXPECT_GT(accepted(), texts.size() / 10);
  EXPECT_LT(accepted(), texts.size() * 9 / 10);
}

// What fuzzing found interesting: tests/fuzz holds our text to its properties, Node says that it is the right one.
TEST_F(JsonFixedPoint, TheCorpusOfTheFuzzers) {
  std::vector<std::string> texts;
  for (const char* folder : {"json", "javascript"}) {
    for (const auto& entry :
         std::filesystem::directory_iterator(std::string(CREWSHIP_SOURCE_DIR "/tests/fuzz/seeds/") + folder)) {
      std::ifstream file(entry.path(), std::ios::binary);
      texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
  }
  std::erase_if(texts, [](const std::string& text) { return !valid_utf8(text) || text.starts_with("\xef\xbb\xbf"); });
  compare(texts);
  EXPECT_GT(accepted(), 20U);
}

}  // namespace
}  // namespace crewship
