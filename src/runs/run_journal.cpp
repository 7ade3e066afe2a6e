#include "log_collector.hpp"

#include <algorithm>
#include <iterator>

#include <crewship/domain/json.hpp>

namespace crewship {
namespace {

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

// At most `limit` bytes of the line, not ending inside a character, with a sign that there was more.
std::string cut(std::string_view line, std::size_t limit) {
  if (line.size() <= limit) return std::string(line);
  auto end = limit;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
  return std::string(line.substr(0, end)) + "…";
}

}  // namespace

void LogCollector::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const auto piece = bytes.substr(0, end);
    if (end != std::string_view::npos && unfinished_.empty()) {
      add_line(piece);
    } else {
      // One byte over the limit is enough to know that the line must be cut.
      unfinished_.append(
          piece.substr(0, limits_.line_bytes + 1 - std::min(unfinished_.size(), limits_.line_bytes + 1)));
      if (end != std::string_view::npos) {
        add_line(unfinished_);
        unfinished_.clear();
      }
    }
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
  }
}

void LogCollector::add_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!is_blank(line)) last_line_ = line.substr(0, limits_.line_bytes);
  if (full_) return;
  // Before the line is copied: what is dropped must stay cheap.
  const auto expected = std::min(line.size(), limits_.line_bytes) + line_overhead_bytes;
  if (kept_bytes_ + expected > limits_.log_bytes) {
    full_ = true;
    confess_dropped_lines();
    push("warning", "the log exceeds " + std::to_string(limits_.log_bytes) + " bytes; the rest of it is dropped");
    return;
  }
  if (waiting_bytes_ + expected > limits_.waiting_bytes) {
    ++dropped_lines_;
    return;
  }
  confess_dropped_lines();
  auto message = cut(line, limits_.line_bytes);
  kept_bytes_ += expected;
  push("info", valid_utf8(message) ? std::move(message) : replace_invalid_utf8(message));
}

void LogCollector::finish() {
  if (!unfinished_.empty()) add_line(std::exchange(unfinished_, {}));
  confess_dropped_lines();
}

void LogCollector::confess_dropped_lines() {
  if (dropped_lines_ == 0) return;
  push("warning", std::to_string(dropped_lines_) + (dropped_lines_ == 1 ? " line" : " lines") +
                      " dropped: they came faster than they could be stored");
  dropped_lines_ = 0;
}

void LogCollector::push(std::string level, std::string message) {
  auto& line = waiting_.emplace_back(next_id_++, clock_.now(), std::move(level), std::move(message));
  waiting_bytes_ += cost(line);
}

std::vector<LogLine> LogCollector::take(std::size_t max_bytes) {
  std::vector<LogLine> taken;
  std::size_t bytes = 0;
  while (!waiting_.empty() && bytes < max_bytes) {
    const auto line_cost = cost(waiting_.front());
    bytes += line_cost;
    waiting_bytes_ -= line_cost;
    taken.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return taken;
}

void LogCollector::put_back(std::vector<LogLine> lines) {
  for (const auto& line : lines) waiting_bytes_ += cost(line);
  waiting_.insert(waiting_.begin(), std::make_move_iterator(lines.begin()), std::make_move_iterator(lines.end()));
}

}  // namespace crewship
