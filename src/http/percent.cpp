#include "percent.hpp"

#include <algorithm>
#include <cstddef>

#include "syntax.hpp"

namespace crewship {
namespace {

// How many bytes the sequence that begins with this byte has, or 0 when none does.
std::size_t sequence_bytes(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

// Without a branch at each byte, so that the compiler takes many at once.
bool is_ascii(std::string_view text) {
  unsigned char all_bits = 0;
  for (const char c : text) all_bits |= static_cast<unsigned char>(c);
  return all_bits < 0x80;
}

}  // namespace

bool is_utf8(std::string_view text) {
  if (is_ascii(text)) return true;
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t count = sequence_bytes(lead);
    if (count == 0 || text.size() < count) return false;
    for (std::size_t i = 1; i < count; ++i)
      if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return false;
    if (count > 2) {
      // Not shorter than it could be, no surrogate, not over U+10FFFF.
      const auto second = static_cast<unsigned char>(text[1]);
      if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second >= 0xa0) || (lead == 0xf0 && second < 0x90) ||
          (lead == 0xf4 && second >= 0x90))
        return false;
    }
    text.remove_prefix(count);
  }
  return true;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::size_t i = std::min(text.find('%'), text.size());
  std::string decoded(text.substr(0, i));
  decoded.reserve(text.size());
  for (; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_digit_value(text[i + 1]);
    const int low = hex_digit_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  if (!is_utf8(decoded)) return std::nullopt;
  return decoded;
}

}  // namespace crewship
