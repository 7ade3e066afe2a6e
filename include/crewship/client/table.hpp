// Answers as people read them: aligned columns, whole ids, times as "3 min ago". Every text that is put in is made
// printable here, so no caller can forget it. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <crewship/base/clock.hpp>

namespace crewship {

class Table {
 public:
  explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}
  // As many cells as there are headings.
  void add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  std::string text() const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<std::string>> rows_;
};

// One thing, a line for each of its fields: names aligned, values behind them; further lines of a value are indented.
std::string field_list(const std::vector<std::pair<std::string, std::string>>& fields);

// "now", "12 s ago", "3 min ago", "in 5 h", "40 d ago".
std::string relative_time(WallTime time, WallTime now);
// "17 ms", "1.2 s", "3 min 20 s", "2 h 5 min".
std::string duration_text(std::chrono::milliseconds duration);

}  // namespace crewship
