#include "json_utf8.hpp"

#include <crewship/domain/json.hpp>

namespace crewship {
namespace detail {

Utf8Step utf8_step(std::string_view rest) {
  const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(rest[index]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, true};

  std::size_t continuations = 0;
  // Only the first continuation byte has a narrower range: against overlong forms, surrogates and what is over
  // U+10FFFF.
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    continuations = 1;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    continuations = 2;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    continuations = 3;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {1, false};
  }
  for (std::size_t index = 1; index <= continuations; ++index) {
    if (index >= rest.size() || byte(index) < low || byte(index) > high) return {index, false};
    low = 0x80;
    high = 0xBF;
  }
  return {continuations + 1, true};
}

void append_utf8(std::string& out, char32_t code_point) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | ((code_point >> shift) & 0x3F)); };
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0 | (code_point >> 6));
    tail(0);
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xE0 | (code_point >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (code_point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

namespace {

// Where the first ill-formed sequence at or after `from` starts; the size of the text when there is none.
std::size_t find_ill_formed(std::string_view text, std::size_t from) {
  while (from < text.size()) {
    const Utf8Step step = utf8_step(text.substr(from));
    if (!step.valid) return from;
    from += step.length;
  }
  return from;
}

}  // namespace
}  // namespace detail

bool valid_utf8(std::string_view text) { return detail::find_ill_formed(text, 0) == text.size(); }

std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t bad = detail::find_ill_formed(text, start);
    out += text.substr(start, bad - start);
    if (bad == text.size()) break;
    out += detail::replacement_character;
    start = bad + detail::utf8_step(text.substr(bad)).length;
  }
  return out;
}

}  // namespace crewship
