// Turns what a program writes to stderr into log lines: split, cut, repaired, counted, and bounded in memory whatever
// the program and the database do. Pure but for the time stamps; no I/O. Owned by a run's task.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <crewship/base/clock.hpp>
#include <crewship/store/runs.hpp>

namespace crewship {

struct LogLimits {
  std::size_t line_bytes = 8192;        // longer lines are cut
  std::size_t log_bytes = 4194304;      // of all lines; what comes after is dropped, said in a last line
  std::size_t waiting_bytes = 1048576;  // lines not yet taken; over it they are dropped, said in the next line
};

class LogCollector {
 public:
  // What a line costs beside its text, so that empty lines are bounded too.
  static constexpr std::size_t line_overhead_bytes = 32;

  LogCollector(LogLimits limits, const Clock& clock) : limits_(limits), clock_(clock) {}

  void feed(std::string_view bytes);
  void add_line(std::string_view line);
  // No more comes: an unfinished line is a line too.
  void finish();

  // Removes about `max_bytes` of lines from the front of what waits.
  std::vector<LogLine> take(std::size_t max_bytes);
  // Lines that were taken and could not be written, back to the front.
  void put_back(std::vector<LogLine> lines);
  std::size_t waiting_bytes() const { return waiting_bytes_; }
  bool empty() const { return waiting_.empty(); }

  // The last line that was not blank, kept or not.
  const std::string& last_line() const { return last_line_; }

 private:
  static std::size_t cost(const LogLine& line) { return line.message.size() + line_overhead_bytes; }
  void push(std::string level, std::string message);
  void confess_dropped_lines();

  LogLimits limits_;
  const Clock& clock_;
  std::string unfinished_;  // at most line_bytes and one more
  std::string last_line_;
  std::deque<LogLine> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::size_t kept_bytes_ = 0;
  std::size_t dropped_lines_ = 0;
  std::int64_t next_id_ = 1;
  bool full_ = false;
};

}  // namespace crewship
