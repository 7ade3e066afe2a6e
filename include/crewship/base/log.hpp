// One line an event to stderr: time, level, event words, key=value fields; `text` for people, `json` for machines.
// Any thread. Values are escaped, so no caller-controlled text can forge a line or move a terminal's cursor. No secret,
// token or payload is ever passed in. The usual keys: run_id, deployment_id, version_number, incoming_webhook_id,
// outgoing_webhook_id, delivery_id, attempt, request_id, peer, error.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <crewship/base/ids.hpp>

namespace crewship {

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

std::optional<LogLevel> parse_log_level(std::string_view name);  // "debug", "info", "warning"/"warn", "error"

struct LogField {
  LogField(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  template <std::integral T>
  LogField(std::string_view k, T v) : key(k), value(text_of(v)), number(true) {}
  template <class Tag>
  LogField(std::string_view k, const Id<Tag>& id) : key(k), value(id.text()) {}

  std::string_view key;
  std::string value;
  bool number = false;  // or true and false: what JSON writes without quotes

 private:
  template <std::integral T>
  static std::string text_of(T v) {
    if constexpr (std::same_as<T, bool>) {
      return v ? "true" : "false";
    } else {
      return std::to_string(v);
    }
  }
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
