// What happens in a run while it goes on: its log lines and its program's own events, in one sequence of numbers. The
// run's start (number 1) and its end follow from the run's row and have no rows of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <crewship/domain/run.hpp>
#include <crewship/store/store.hpp>

namespace crewship {

inline constexpr std::string_view log_event = "log";
inline constexpr std::int64_t run_started_number = 1;

struct RunEvent {
  std::int64_t number = 0;  // 2, 3, 4 … within its run
  WallTime timestamp;
  std::string type;     // log_event for a log line, else what the program named it
  std::string level{};  // of a log line: "info", "warning", "error"
  std::string text;     // a log line's message, or an event's data: JSON text without line breaks; valid UTF-8

  bool is_log() const { return type == log_event; }
};

void insert_run_events(Tx& tx, const RunId& run, std::span<const RunEvent> events);

// Those with a number over `after`, in their order; ends early once `max_bytes` of text are passed.
struct RunEventPage {
  std::vector<RunEvent> events;
  bool more = false;
};
RunEventPage list_run_events(Tx& tx, const RunId& run, std::int64_t after, std::size_t max_bytes);
// run_started_number when there is none.
std::int64_t last_run_event(Tx& tx, const RunId& run);

// A run's row without its payloads.
struct RunProgress {
  RunStatus status = RunStatus::pending;
  std::optional<WallTime> started_at;
  std::optional<WallTime> completed_at;
  std::optional<std::string> error_message;
};
std::optional<RunProgress> find_run_progress(Tx& tx, const RunId& run);

}  // namespace crewship
