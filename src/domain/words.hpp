// The words by which an enumeration is known in the API and in the database: one table for both directions. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace crewship {

template <class Enum>
struct Word {
  Enum value;
  std::string_view text;
};

// Empty for a value that is none of the enumerators.
template <class Enum, std::size_t Count>
constexpr std::string_view word_of(const std::array<Word<Enum>, Count>& words, Enum value) {
  for (const auto& word : words) {
    if (word.value == value) return word.text;
  }
  return {};
}

template <class Enum, std::size_t Count>
constexpr std::optional<Enum> value_of(const std::array<Word<Enum>, Count>& words, std::string_view text) {
  for (const auto& word : words) {
    if (word.text == text) return word.value;
  }
  return std::nullopt;
}

}  // namespace crewship
