// A JSON number the way JavaScript prints it (ECMA-262, Number::toString).
#pragma once

#include <string>
#include <string_view>

namespace crewship::detail {

// Appends what JSON.stringify gives for `raw`, a number by JSON's grammar: the nearest double in its shortest digits;
// "0" for -0; "null" when it is over the largest double.
void append_javascript_number(std::string& out, std::string_view raw);

}  // namespace crewship::detail
