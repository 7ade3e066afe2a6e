// Text of strangers on a terminal: nothing in it may move the cursor, change colours or turn the line around. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace crewship {

// Control characters (C0, DEL, C1), line separators and bidirectional controls as \n, \t or \u{9b}; ill-formed UTF-8 as
// U+FFFD. A backslash stays as it is.
std::string printable(std::string_view text);
// The same, but line breaks and tabs stay.
std::string printable_lines(std::string_view text);
// JSON text that means the same, with those characters as \u009b. They can only occur inside its strings.
std::string printable_json(std::string_view json);

// How many columns a printable text takes: two for wide characters, none for combining ones.
std::size_t columns_of(std::string_view text);

}  // namespace crewship
