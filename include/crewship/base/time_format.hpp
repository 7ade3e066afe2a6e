// Times and durations as text. Timestamps are UTC, ISO 8601 with three decimals and Z (2025-01-15T10:30:00.000Z).
// Durations in the configuration are a whole number and a unit: 250ms, 30s, 5m, 2h, 30d.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <crewship/base/clock.hpp>

namespace crewship {

std::string format_timestamp(WallTime time);
void append_timestamp(std::string& out, WallTime time);
// RFC 3339, §5.6: any number of decimals (cut to milliseconds), Z or an offset.
std::optional<WallTime> parse_timestamp(std::string_view text);

// The longest duration that is understood: a century also fits into nanoseconds, which is what timers count in.
inline constexpr std::chrono::milliseconds max_duration = std::chrono::days(36'500);
// Nothing when it is not a duration, negative, or longer than max_duration.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// In the largest unit that says it exactly: 90000 ms → "90s", 300 s → "5m".
std::string format_duration(std::chrono::milliseconds duration);

inline std::int64_t unix_milliseconds(WallTime time) { return time.time_since_epoch().count(); }
inline WallTime from_unix_milliseconds(std::int64_t value) { return WallTime{std::chrono::milliseconds{value}}; }
inline std::int64_t unix_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace crewship
