#include "json_string.hpp"

#include <algorithm>
#include <string_view>

#include "json_utf8.hpp"

namespace crewship::detail {
namespace {

bool is_high_surrogate(char32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(char32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

char32_t hex_unit(std::string_view digits) {
  char32_t unit = 0;
  for (const char c : digits.substr(0, 4)) {
    const int value = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    unit = unit * 16 + static_cast<char32_t>(value);
  }
  return unit;
}

// The code point, or the lone surrogate, of the escape that `rest` starts with; takes it off.
char32_t take_escape(std::string_view& rest) {
  const char name = rest[1];
  if (name != 'u') {
    rest.remove_prefix(2);
    switch (name) {
      case 'b':
        return '\b';
      case 'f':
        return '\f';
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      default:
        return static_cast<unsigned char>(name);
    }
  }
  const char32_t unit = hex_unit(rest.substr(2));
  rest.remove_prefix(6);
  if (!is_high_surrogate(unit) || !rest.starts_with("\\u")) return unit;
  const char32_t next = hex_unit(rest.substr(2));
  if (!is_low_surrogate(next)) return unit;
  rest.remove_prefix(6);
  return 0x10000 + ((unit - 0xD800) << 10) + (next - 0xDC00);
}

// Calls plain(bytes) for what stands for itself and special(code point or lone surrogate) for each escape.
template <class Plain, class Special>
void walk(std::string_view body, Plain plain, Special special) {
  while (!body.empty()) {
    const std::size_t end = std::min(body.find('\\'), body.size());
    plain(body.substr(0, end));
    body.remove_prefix(end);
    if (!body.empty()) special(take_escape(body));
  }
}

void append_unit(std::string& out, char32_t unit) {
  out += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += "0123456789abcdef"[(unit >> shift) & 0xF];
}

void append_javascript_character(std::string& out, char32_t c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (c < 0x20 || is_high_surrogate(c) || is_low_surrogate(c)) {
    append_unit(out, c);
  } else {
    append_utf8(out, c);
  }
}

}  // namespace

void append_javascript_string(std::string& out, const RawString& string) {
  out += '"';
  if (string.escaped) {
    walk(
        string.body, [&](std::string_view bytes) { out += bytes; },
        [&](char32_t c) { append_javascript_character(out, c); });
  } else {
    out += string.body;
  }
  out += '"';
}

std::string decode_string(const RawString& string) {
  std::string out;
  walk(
      string.body, [&](std::string_view bytes) { out += bytes; },
      [&](char32_t c) {
        if (is_high_surrogate(c) || is_low_surrogate(c)) {
          out += replacement_character;
        } else {
          append_utf8(out, c);
        }
      });
  return out;
}

}  // namespace crewship::detail
