#include <crewship/client/printable.hpp>

#include <array>
#include <cstdio>

#include <crewship/domain/json.hpp>

namespace crewship {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, char32_t c) {
  for (const auto& range : ranges) {
    if (c >= range.first && c <= range.last) return true;
  }
  return false;
}

// Unicode 15: general category Cc, the line and paragraph separators, and the bidirectional controls.
constexpr std::array<Range, 7> unsafe{{{0x00, 0x1f},
                                       {0x7f, 0x9f},
                                       {0x061c, 0x061c},
                                       {0x200e, 0x200f},
                                       {0x2028, 0x202e},
                                       {0x2066, 0x2069},
                                       {0xfeff, 0xfeff}}};
// Roughly East Asian Width W and F, and what is drawn upon the character before it.
constexpr std::array<Range, 9> wide{{{0x1100, 0x115f},
                                     {0x2e80, 0xa4cf},
                                     {0xac00, 0xd7a3},
                                     {0xf900, 0xfaff},
                                     {0xfe30, 0xfe6f},
                                     {0xff00, 0xff60},
                                     {0xffe0, 0xffe6},
                                     {0x1f300, 0x1faff},
                                     {0x20000, 0x3fffd}}};
constexpr std::array<Range, 4> no_width{{{0x0300, 0x036f}, {0x200b, 0x200d}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}}};

// Takes the first character off well-formed text.
char32_t take_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  char32_t c = length == 1 ? first : first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) c = c << 6 | (static_cast<unsigned char>(text[i]) & 0x3fU);
  text.remove_prefix(length);
  return c;
}

template <class Escape>
std::string replace_unsafe(std::string_view text, std::string_view kept, Escape escape) {
  const std::string clean = replace_invalid_utf8(text);
  std::string out;
  out.reserve(clean.size());
  for (std::string_view rest = clean; !rest.empty();) {
    const std::string_view before = rest;
    const char32_t c = take_character(rest);
    if (within(unsafe, c) && !(c < 0x80 && kept.contains(static_cast<char>(c)))) {
      out += escape(c);
    } else {
      out += before.substr(0, before.size() - rest.size());
    }
  }
  return out;
}

std::string brace_escape(char32_t c) {
  if (c == '\n') return "\\n";
  if (c == '\t') return "\\t";
  if (c == '\r') return "\\r";
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "\\u{%x}", static_cast<unsigned>(c));
  return text.data();
}

std::string json_escape(char32_t c) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "\\u%04x", static_cast<unsigned>(c));
  return text.data();
}

}  // namespace

std::string printable(std::string_view text) { return replace_unsafe(text, "", brace_escape); }

std::string printable_lines(std::string_view text) { return replace_unsafe(text, "\n\t", brace_escape); }

std::string printable_json(std::string_view json) { return replace_unsafe(json, "\n\t\r", json_escape); }

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const char32_t c = take_character(text);
    columns += within(no_width, c) ? 0U : within(wide, c) ? 2U : 1U;
  }
  return columns;
}

}  // namespace crewship
