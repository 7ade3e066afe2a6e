// Percent-encoding (RFC 3986 §2.1) and the UTF-8 that may come out of it (RFC 3629). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace crewship {

// Nothing when a '%' is not followed by two hexadecimal digits, or when the result is not UTF-8.
std::optional<std::string> percent_decode(std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace crewship
