// One line an event to stderr: time, level, event words, key=value fields; `text` for people, `json` for machines.
// Any thread. Values are escaped, so no caller-controlled text can forge a line or move a terminal's cursor. No secret,
// token or payload is ever passed in. The usual keys: run_id, deployment_id, version_number, incoming_webhook_id,
// outgoing_webhook_id, delivery_id, attempt, request_id, peer, error.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <crewship/base/ids.hpp>

namespace crewship {

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

std::optional<LogLevel> parse_log_level(std::string_view name);  // "debug", "info", "warning"/"warn", "error"

// Only looks at the text that it is given; made in the call that logs it and never kept.
struct LogField {
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  template <std::integral T>
  LogField(std::string_view k, T v) : key(k), number(true) {
    if constexpr (std::same_as<T, bool>) {
      value = v ? "true" : "false";
    } else {
      value = {digits_.data(), std::to_chars(digits_.data(), digits_.data() + digits_.size(), v).ptr};
    }
  }
  template <class Tag>
  LogField(std::string_view k, const Id<Tag>& id) : key(k), value(id.text()) {}
  LogField(const LogField&) = delete;
  LogField& operator=(const LogField&) = delete;

  std::string_view key;
  std::string_view value;
  bool number = false;  // or true and false: what JSON writes without quotes

 private:
  std::array<char, 24> digits_{};  // what `value` shows of a number
};

void configure_log(LogLevel level, LogFormat format);
void set_log_level(LogLevel level);
bool log_enabled(LogLevel level);
// Replaces stderr, for tests that assert the lines operators rely on. An empty function restores stderr. The sink is
// called by one thread at a time and does not log itself.
void set_log_sink(std::function<void(std::string_view line)> sink);

void write_log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

inline void log_debug(std::string_view event, std::initializer_list<LogField> fields = {}) {
  write_log(LogLevel::debug, event, fields);
}
inline void log_info(std::string_view event, std::initializer_list<LogField> fields = {}) {
  write_log(LogLevel::info, event, fields);
}
inline void log_warning(std::string_view event, std::initializer_list<LogField> fields = {}) {
  write_log(LogLevel::warning, event, fields);
}
inline void log_error(std::string_view event, std::initializer_list<LogField> fields = {}) {
  write_log(LogLevel::error, event, fields);
}

}  // namespace crewship
