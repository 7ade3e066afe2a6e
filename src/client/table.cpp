#include <crewship/client/table.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>

#include <crewship/client/printable.hpp>

namespace crewship {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::string padded(std::string text, std::size_t columns) {
  const std::size_t taken = columns_of(text);
  if (taken < columns) text.append(columns - taken, ' ');
  return text;
}

std::string in_largest_unit(milliseconds duration) {
  if (duration < minutes(1)) return std::to_string(duration / seconds(1)) + " s";
  if (duration < hours(1)) return std::to_string(duration / minutes(1)) + " min";
  if (duration < days(2)) return std::to_string(duration / hours(1)) + " h";
  return std::to_string(duration / days(1)) + " d";
}

}  // namespace

void Table::add(std::vector<std::string> cells) {
  if (cells.size() != headings_.size()) throw std::logic_error("a row has as many cells as the table has columns");
  for (auto& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < headings_.size(); ++column) {
    std::size_t width = columns_of(headings_[column]);
    for (const auto& row : rows_) width = std::max(width, columns_of(row[column]));
    widths.push_back(width);
  }
  std::string out;
  const auto add_line = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t column = 0; column < cells.size(); ++column) {
      line += padded(cells[column], widths[column]) + "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  add_line(headings_);
  for (const auto& row : rows_) add_line(row);
  return out;
}

std::string field_list(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::size_t width = 0;
  for (const auto& [name, value] : fields) width = std::max(width, columns_of(printable(name)));
  std::string out;
  for (const auto& [name, value] : fields) {
    std::string indented;
    for (const char c : printable_lines(value)) {
      indented += c;
      if (c == '\n') indented.append(width + 2, ' ');
    }
    std::string line = padded(printable(name), width) + "  " + indented;
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string relative_time(WallTime time, WallTime now) {
  const milliseconds ago = now - time;
  if (ago > -seconds(1) && ago < seconds(1)) return "now";
  return ago > milliseconds(0) ? in_largest_unit(ago) + " ago" : "in " + in_largest_unit(-ago);
}

std::string duration_text(milliseconds duration) {
  if (duration < seconds(1)) return std::to_string(duration.count()) + " ms";
  if (duration < minutes(1)) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%.1f s", static_cast<double>(duration.count()) / 1000);
    return text.data();
  }
  if (duration < hours(1)) {
    return std::to_string(duration / minutes(1)) + " min " + std::to_string(duration % minutes(1) / seconds(1)) + " s";
  }
  return std::to_string(duration / hours(1)) + " h " + std::to_string(duration % hours(1) / minutes(1)) + " min";
}

}  // namespace crewship
