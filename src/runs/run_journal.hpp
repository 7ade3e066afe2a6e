// What happens in a run while it goes on: what its program writes to stderr as log lines, and what it writes to
// CREWSHIP_EVENTS_FD as events, in one sequence: split, cut, repaired, counted, and bounded in memory whatever the
// program and the database do. Pure but for the time stamps; no I/O. Owned by a run's task.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <crewship/base/clock.hpp>
#include <crewship/store/run_events.hpp>

#include "line_splitter.hpp"

namespace crewship {

struct JournalLimits {
  std::size_t log_line_bytes = 8192;     // longer lines are cut
  std::size_t log_bytes = 4194304;       // of all lines; what comes after is dropped, said in a last line
  std::size_t event_line_bytes = 65536;  // longer ones are no events
  std::size_t events_bytes = 4194304;    // of all events; what comes after is dropped, said in a line of the log
  std::size_t waiting_bytes = 1048576;   // not yet taken; over it they are dropped, said in the next line
};

class RunJournal {
 public:
  // What a line or event costs beside its text, so that empty ones are bounded too.
  static constexpr std::size_t overhead_bytes = 32;

  RunJournal(JournalLimits limits, const Clock& clock);

  void feed_log(std::string_view bytes);
  void add_log_line(std::string_view line);
  // A line that is no event is dropped; the log says of the first one what is wrong with it, and of all how many.
  void feed_events(std::string_view bytes);
  void add_event_line(std::string_view line);
  // No more comes: an unfinished line is a line too.
  void finish();

  // Removes about `max_bytes` from the front of what waits.
  std::vector<RunEvent> take(std::size_t max_bytes);
  // What was taken and could not be written, back to the front.
  void put_back(std::vector<RunEvent> events);
  std::size_t waiting_bytes() const { return waiting_bytes_; }
  bool empty() const { return waiting_.empty(); }
  // The number after the last one that was given.
  std::int64_t next_number() const { return next_number_; }

  // The last line of the log that was not blank, kept or not.
  const std::string& last_line() const { return last_line_; }

 private:
  static std::size_t cost(const RunEvent& event) { return event.type.size() + event.text.size() + overhead_bytes; }
  void log(std::string level, std::string_view message);
  void note(std::string message);  // the daemon's own words, whatever the limits
  void refuse_event(const std::string& reason);
  bool has_room_for(std::size_t bytes) const { return waiting_bytes_ + bytes <= limits_.waiting_bytes; }
  void push(std::string type, std::string level, std::string text);
  void confess_dropped();

  JournalLimits limits_;
  const Clock& clock_;
  LineSplitter log_lines_;
  LineSplitter event_lines_;
  std::string last_line_;
  std::vector<RunEvent> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::size_t log_bytes_ = 0;
  std::size_t events_bytes_ = 0;
  std::size_t dropped_lines_ = 0;
  std::size_t dropped_events_ = 0;
  std::size_t refused_events_ = 0;
  std::int64_t next_number_ = run_started_number + 1;
  bool log_full_ = false;
  bool events_full_ = false;
};

}  // namespace crewship
