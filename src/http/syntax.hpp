// The character classes of HTTP (RFC 9110 §5.6, RFC 3986) and what is compared without case. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace crewship {

using CharacterClass = std::array<bool, 256>;

constexpr bool in_class(const CharacterClass& members, char c) { return members[static_cast<unsigned char>(c)]; }

constexpr bool all_in_class(const CharacterClass& members, std::string_view text) {
  for (const char c : text)
    if (!in_class(members, c)) return false;
  return true;
}

constexpr CharacterClass letters_digits_and(std::string_view others) {
  CharacterClass members{};
  for (char c = '0'; c <= '9'; ++c) members[static_cast<std::size_t>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) members[static_cast<std::size_t>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) members[static_cast<std::size_t>(c)] = true;
  for (const char c : others) members[static_cast<unsigned char>(c)] = true;
  return members;
}

constexpr CharacterClass byte_range(unsigned first, unsigned last, std::string_view others = {},
                                    std::string_view except = {}) {
  CharacterClass members{};
  for (unsigned c = first; c <= last; ++c) members[c] = true;
  for (const char c : others) members[static_cast<unsigned char>(c)] = true;
  for (const char c : except) members[static_cast<unsigned char>(c)] = false;
  return members;
}

inline constexpr CharacterClass token_characters = letters_digits_and("!#$%&'*+-.^_`|~");
inline constexpr CharacterClass digit_characters = byte_range('0', '9');
// field-vchar, SP and HTAB; not DEL.
inline constexpr CharacterClass field_value_characters = byte_range(0x20, 0xff, "\t", "\x7f");
// Visible ASCII without '#': a request target has no fragment.
inline constexpr CharacterClass target_characters = byte_range(0x21, 0x7e, {}, "#");
// pchar and '/' (RFC 3986). A query is read leniently: browsers send it with braces and bars, and it decides nothing.
inline constexpr CharacterClass path_characters = letters_digits_and("-._~!$&'()*+,;=:@%/");
// reg-name: unreserved, sub-delims and percent-encoding.
inline constexpr CharacterClass host_name_characters = letters_digits_and("-._~!$&'()*+,;=%");

constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr bool equal_without_case(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i)
    if (ascii_lower(left[i]) != ascii_lower(right[i])) return false;
  return true;
}

// Without the optional white space (SP, HTAB) around it.
constexpr std::string_view trim_white_space(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The value of a hexadecimal digit, or -1.
constexpr int hex_digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// field-name ":" OWS field-value OWS, without the line's end. False when it is anything else.
bool is_field_line(std::string_view line);

}  // namespace crewship
