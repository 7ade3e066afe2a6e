// Quantities as people type them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace crewship {

// Whole seconds ("300") or a duration ("5m") that is a whole number of them.
std::optional<std::int64_t> parse_seconds(std::string_view text);
// Bytes ("1048576"), or with KiB, MiB, GiB or TiB.
std::optional<std::int64_t> parse_bytes(std::string_view text);

}  // namespace crewship
