// Classes of characters that several texts of the domain share. ASCII alone, whatever the locale.
#pragma once

namespace crewship {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace crewship
