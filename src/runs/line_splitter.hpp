// Cuts a stream of bytes into lines, wherever it was cut on the way, with a bound on what it keeps of a line. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace crewship {

class LineSplitter {
 public:
  // A line that is longer comes with one byte more than this.
  explicit LineSplitter(std::size_t line_bytes) : kept_bytes_(line_bytes + 1) {}

  // Calls take(std::string_view) with each line that is whole now, without its '\n'.
  template <class Take>
  void feed(std::string_view bytes, Take take) {
    while (!bytes.empty()) {
      const auto end = bytes.find('\n');
      const auto piece = bytes.substr(0, end);
      if (end != std::string_view::npos && unfinished_.empty()) {
        take(piece.substr(0, kept_bytes_));
      } else {
        unfinished_.append(piece.substr(0, kept_bytes_ - std::min(unfinished_.size(), kept_bytes_)));
        if (end != std::string_view::npos) {
          take(std::string_view(unfinished_));
          unfinished_.clear();
        }
      }
      if (end == std::string_view::npos) return;
      bytes.remove_prefix(end + 1);
    }
  }
  // No more comes: what is unfinished is a line, too.
  template <class Take>
  void finish(Take take) {
    if (!unfinished_.empty()) take(std::string_view(std::exchange(unfinished_, {})));
  }

 private:
  std::size_t kept_bytes_;
  std::string unfinished_;
};

}  // namespace crewship
