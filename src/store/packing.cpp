#include "packing.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

namespace crewship {
namespace {
constexpr std::size_t length_bytes = 4;

void append(std::string& packed, std::string_view text) {
  std::array<char, length_bytes> length{};
  for (std::size_t i = 0; i < length_bytes; ++i) {
    length[i] = static_cast<char>(text.size() >> (8 * (length_bytes - 1 - i)) & 0xff);
  }
  packed.append(length.data(), length.size()).append(text);
}

}  // namespace

std::string pack(std::span<const std::string> texts) {
  std::string packed;
  for (const std::string& text : texts) append(packed, text);
  return packed;
}

std::vector<std::string> unpack(std::string_view packed) {
  std::vector<std::string> texts;
  while (!packed.empty()) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < length_bytes && i < packed.size(); ++i) {
      length = length << 8 | static_cast<std::uint8_t>(packed[i]);
    }
    if (packed.size() < length_bytes || packed.size() - length_bytes < length) {
      throw std::runtime_error("a packed list in the database is cut off");
    }
    texts.emplace_back(packed.substr(length_bytes, length));
    packed.remove_prefix(length_bytes + length);
  }
  return texts;
}

std::string pack_pairs(std::span<const std::pair<std::string, std::string>> pairs) {
  std::size_t size = 0;
  for (const auto& [name, value] : pairs) size += 2 * length_bytes + name.size() + value.size();
  std::string packed;
  packed.reserve(size);
  for (const auto& [name, value] : pairs) {
    append(packed, name);
    append(packed, value);
  }
  return packed;
}

TextPairs unpack_pairs(std::string_view packed) {
  std::vector<std::string> texts = unpack(packed);
  TextPairs pairs;
  pairs.reserve(texts.size() / 2);
  for (std::size_t i = 0; i + 1 < texts.size(); i += 2)
    pairs.emplace_back(std::move(texts[i]), std::move(texts[i + 1]));
  return pairs;
}

}  // namespace crewship
