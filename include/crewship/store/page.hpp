// A page of a list, newest first unless said otherwise. The cursor is the id of the last row given, or its number in
// lists of versions and log lines (the caller checks that it is digits); the API shows it to callers as opaque text.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace crewship {

struct PageRequest {
  std::size_t limit = 20;
  std::optional<std::string> after{};  // the last id of the page before
};

template <class T>
struct Page {
  std::vector<T> rows;
  std::optional<std::string> next{};  // none: this was the last page
};

}  // namespace crewship
