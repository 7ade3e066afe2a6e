// One line of what a program writes to CREWSHIP_EVENTS_FD: a JSON object {"type","data"}. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace crewship {

struct ProgramEvent {
  std::string type;
  std::string data;  // JSON text without line breaks; {} when the line has none
};

// `payload` is taken for `data` where that is missing; other fields are left out. The error says in words what is wrong
// with the line.
std::expected<ProgramEvent, std::string> parse_event_line(std::string_view line);

// A program may log through its events as well: {"message"} and, if it likes, {"level"}.
struct LoggedLine {
  std::string level = "info";
  std::string message;
};
std::expected<LoggedLine, std::string> parse_log_data(std::string_view data);

}  // namespace crewship
