#include "json_order.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

namespace crewship::detail {
namespace {

// ECMA-262's array index; "01", "-0" and "1e3" are ordinary names.
std::optional<std::uint32_t> array_index(std::string_view key) {
  if (key.empty() || key.size() > 10 || key.front() < '0' || key.front() > '9') return std::nullopt;
  if (key.front() == '0' && key.size() > 1) return std::nullopt;
  std::uint32_t index = 0;
  const auto read = std::from_chars(key.data(), key.data() + key.size(), index);
  if (read.ec != std::errc{} || read.ptr != key.data() + key.size()) return std::nullopt;
  if (index == std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return index;
}

struct Repeat {
  std::size_t first;
  std::size_t other;  // later than first
};

// All pairs of a key's first appearance and a later one, the later ones of a key in order.
std::vector<Repeat> find_repeats(std::span<const std::string_view> keys) {
  std::vector<Repeat> repeats;
  constexpr std::size_t few = 16;
  if (keys.size() <= few) {
    for (std::size_t other = 1; other < keys.size(); ++other) {
      const auto first = static_cast<std::size_t>(std::ranges::find(keys, keys[other]) - keys.begin());
      if (first < other) repeats.push_back({first, other});
    }
    return repeats;
  }
  // Sorted by hash, not put into a hash table: keys chosen to collide would make a table quadratic.
  struct Entry {
    std::size_t hash;
    std::size_t index;
  };
  std::vector<Entry> entries;
  entries.reserve(keys.size());
  for (std::size_t index = 0; index < keys.size(); ++index) {
    entries.push_back({std::hash<std::string_view>{}(keys[index]), index});
  }
  std::ranges::sort(entries, [&](const Entry& a, const Entry& b) {
    if (a.hash != b.hash) return a.hash < b.hash;
    const int order = keys[a.index].compare(keys[b.index]);
    return order != 0 ? order < 0 : a.index < b.index;
  });
  const Entry* first = &entries.front();
  for (const Entry& entry : std::span(entries).subspan(1)) {
    if (entry.hash == first->hash && keys[entry.index] == keys[first->index]) {
      repeats.push_back({first->index, entry.index});
    } else {
      first = &entry;
    }
  }
  return repeats;
}

}  // namespace

std::vector<std::size_t> javascript_order(std::span<const std::string_view> keys) {
  if (keys.size() < 2) return {};
  const std::vector<Repeat> repeats = find_repeats(keys);
  const bool any_index = std::ranges::any_of(keys, [](std::string_view key) { return array_index(key).has_value(); });
  if (repeats.empty() && !any_index) return {};

  // At the place of each key's first appearance, the member that stays.
  constexpr std::size_t dropped = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> kept(keys.size());
  for (std::size_t place = 0; place < kept.size(); ++place) kept[place] = place;
  for (const Repeat& repeat : repeats) {
    kept[repeat.first] = repeat.other;
    kept[repeat.other] = dropped;
  }

  std::vector<std::pair<std::uint32_t, std::size_t>> indexed;
  std::vector<std::size_t> named;
  for (const std::size_t member : kept) {
    if (member == dropped) continue;
    if (const auto index = array_index(keys[member])) {
      indexed.emplace_back(*index, member);
    } else {
      named.push_back(member);
    }
  }
  std::ranges::sort(indexed);
  std::vector<std::size_t> order;
  order.reserve(indexed.size() + named.size());
  for (const auto& [index, member] : indexed) order.push_back(member);
  order.insert(order.end(), named.begin(), named.end());
  if (order.size() == keys.size() && std::ranges::is_sorted(order)) return {};
  return order;
}

}  // namespace crewship::detail
