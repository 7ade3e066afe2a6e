// The order in which JavaScript keeps the members of an object that JSON.parse made.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace crewship::detail {

// `keys` are those of the members as the text gives them, equal when the strings are. Answers which members remain and
// in which order: integer-like keys (0 to 2^32-2, as JavaScript writes them) first and ascending, then the others in
// the order of their first appearance; of members with one key, the last. Nothing when that is all of them as they
// stand. At worst n log n comparisons: no choice of keys makes it slow.
std::vector<std::size_t> javascript_order(std::span<const std::string_view> keys);

}  // namespace crewship::detail
