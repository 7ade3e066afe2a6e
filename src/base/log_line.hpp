// What a log line looks like, in text and in JSON. Pure: no clock, no sink. Every byte that comes from a value is
// either printable or escaped, so a value can neither end the line, nor imitate a field, nor speak to a terminal.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <crewship/base/clock.hpp>
#include <crewship/base/log.hpp>

namespace crewship {

std::string format_text_line(WallTime time, LogLevel level, std::string_view event, std::span<const LogField> fields);
// For people at a terminal: padded and coloured. Escapes are of this function alone, never of a value.
std::string format_terminal_line(WallTime time, LogLevel level, std::string_view event,
                                 std::span<const LogField> fields);
std::string format_json_line(WallTime time, LogLevel level, std::string_view event, std::span<const LogField> fields);

// The line of this moment, as the log is configured.
std::string format_log_line(LogLevel level, std::string_view event, std::span<const LogField> fields);

}  // namespace crewship
