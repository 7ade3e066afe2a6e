// UTF-8 one sequence at a time (RFC 3629, Unicode table 3-7). Shared by the JSON scanner and the UTF-8 functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace crewship::detail {

inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

struct Utf8Step {
  std::size_t length;  // bytes of the sequence, or of the maximal subpart of an ill-formed one; at least 1
  bool valid;
};

// The sequence at the start of `rest`, which is not empty.
Utf8Step utf8_step(std::string_view rest);

// Any code point up to U+10FFFF but a surrogate.
void append_utf8(std::string& out, char32_t code_point);

}  // namespace crewship::detail
