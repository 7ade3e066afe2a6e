#include "json_scanner.hpp"

#include <array>

#include "characters.hpp"
#include "json_utf8.hpp"

namespace crewship::detail {
namespace {

bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// ASCII that stands for itself in a string.
constexpr std::array<bool, 256> plain_bytes = [] {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x20; byte < 0x80; ++byte) plain[byte] = byte != '"' && byte != '\\';
  return plain;
}();

bool is_plain(char c) { return plain_bytes[static_cast<unsigned char>(c)]; }

// A whole stretch, without a branch at each byte, so that the compiler takes them at once.
constexpr std::size_t stretch_bytes = 16;
bool is_plain_stretch(std::string_view text) {
  if (text.size() < stretch_bytes) return false;
  bool special = false;
  for (std::size_t i = 0; i < stretch_bytes; ++i) {
    const auto byte = static_cast<signed char>(text[i]);  // what is not ASCII is negative
    special |= byte < 0x20 || byte == '"' || byte == '\\';
  }
  return !special;
}

}  // namespace

bool JsonScanner::starts_number() const {
  return position_ < text_.size() && (text_[position_] == '-' || is_digit(text_[position_]));
}

bool JsonScanner::take_string(RawString& out) {
  const std::size_t quote = position_++;
  out.escaped = false;
  for (;;) {
    while (is_plain_stretch(text_.substr(position_))) position_ += stretch_bytes;
    while (position_ < text_.size() && is_plain(text_[position_])) ++position_;
    if (at_end()) return fail_here("a string is not closed");
    const char c = text_[position_];
    if (c == '"') {
      out.body = text_.substr(quote + 1, position_ - quote - 1);
      ++position_;
      return true;
    }
    if (c == '\\') {
      out.escaped = true;
      if (!take_escape()) return false;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      return fail_here("a string holds a control character, which must be escaped,");
    } else {
      const Utf8Step step = utf8_step(text_.substr(position_));
      if (!step.valid) return fail_here("invalid UTF-8");
      position_ += step.length;
    }
  }
}

bool JsonScanner::take_escape() {
  const std::size_t backslash = position_++;
  if (at_end()) return fail_here("a string is not closed");
  const char name = text_[position_++];
  if (name != 'u') {
    return std::string_view("\"\\/bfnrt").contains(name) || fail(backslash, "unknown escape in a string");
  }
  for (int count = 0; count < 4; ++count, ++position_) {
    if (at_end()) return fail_here("a string is not closed");
    if (!is_hex_digit(text_[position_])) return fail_here("expected four hexadecimal digits after \\u");
  }
  return true;
}

bool JsonScanner::take_number(std::string_view& out) {
  const std::size_t start = position_;
  if (at('-')) ++position_;
  if (at('0')) {
    ++position_;
    if (!at_end() && is_digit(text_[position_])) return fail_here("a number must not start with 0: unexpected digit");
  } else if (!take_digits()) {
    return false;
  }
  if (at('.')) {
    ++position_;
    if (!take_digits()) return false;
  }
  if (at('e') || at('E')) {
    ++position_;
    if (at('+') || at('-')) ++position_;
    if (!take_digits()) return false;
  }
  out = since(start);
  return true;
}

bool JsonScanner::take_digits() {
  if (at_end() || !is_digit(text_[position_])) return fail_here("expected a digit");
  while (!at_end() && is_digit(text_[position_])) ++position_;
  return true;
}

bool JsonScanner::take_literal(std::string_view word) {
  if (!starts_with(word)) {
    if (starts_with("NaN") || starts_with("Infinity"))
      return fail_here("NaN and Infinity are not JSON: expected a value");
    if (starts_with("\xEF\xBB\xBF")) return fail_here("a byte order mark is not JSON: expected a value");
    return fail_here("expected a value");
  }
  position_ += word.size();
  return true;
}

bool JsonScanner::fail(std::size_t offset, std::string_view what) {
  error_ = {offset, std::string(what) + " at byte " + std::to_string(offset)};
  return false;
}

}  // namespace crewship::detail
