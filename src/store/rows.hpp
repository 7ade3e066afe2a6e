// Small helpers for reading rows and pages.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <crewship/store/page.hpp>

#include "tx.hpp"

namespace crewship {

// A word of the database as its enumeration. What this room wrote can be read; anything else was changed by hand.
template <class T>
T known(std::optional<T> parsed) {
  if (!parsed) throw std::runtime_error("the database holds a word that is not known");
  return *parsed;
}

// Sorts behind every id.
inline constexpr const char* after_all_ids = "~";

inline std::string first_of_page(const PageRequest& page) { return page.after.value_or(after_all_ids); }

// For lists whose cursor is a number; the caller has checked that it is one.
inline std::int64_t number_of(const PageRequest& page, std::int64_t first) {
  if (!page.after) return first;
  std::int64_t number = 0;
  const char* end = page.after->data() + page.after->size();
  if (std::from_chars(page.after->data(), end, number).ptr != end) throw std::logic_error("a cursor that is no number");
  return number;
}

// Reads one row more than the page has, to know whether there is a next one. `cursor_of` gives a row's cursor.
template <class T, class Read, class CursorOf>
Page<T> read_page(Query& query, std::size_t limit, Read read, CursorOf cursor_of) {
  Page<T> page;
  while (query.next()) {
    if (page.rows.size() == limit) {
      page.next = cursor_of(page.rows.back());
      break;
    }
    page.rows.push_back(read(query));
  }
  return page;
}

// The newest of several descending lists of ids or numbers, up to `limit`.
template <class Key>
std::vector<Key> newest(std::vector<Key> keys, std::size_t limit) {
  const std::size_t count = std::min(limit, keys.size());
  std::ranges::partial_sort(keys, keys.begin() + static_cast<std::ptrdiff_t>(count), std::ranges::greater());
  keys.resize(count);
  return keys;
}

}  // namespace crewship
