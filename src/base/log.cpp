#include <crewship/base/log.hpp>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <span>
#include <utility>

#include <unistd.h>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <crewship/base/log_style.hpp>

#include "log_line.hpp"

namespace crewship {
namespace {

struct Log {
  Log() : logger("crewshipd", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger.set_level(spdlog::level::trace);
    logger.set_pattern("%v");  // lines come complete; spdlog writes each with one call
  }

  std::atomic<LogLevel> level = LogLevel::info;
  std::atomic<LogFormat> format = LogFormat::text;
  bool coloured = false;
  spdlog::logger logger;
  std::mutex mutex;  // guards the sink
  std::function<void(std::string_view)> sink;
};

Log& log() {
  static Log instance;
  return instance;
}

}  // namespace

std::string format_log_line(LogLevel level, std::string_view event, std::span<const LogField> fields) {
  const WallTime now = SystemClock().now();
  if (log().format.load(std::memory_order_relaxed) == LogFormat::json) {
    return format_json_line(now, level, event, fields);
  }
  return log().coloured ? format_terminal_line(now, level, event, fields) : format_text_line(now, level, event, fields);
}

bool wants_colour(int fd) {
  const auto set = [](const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody changes the environment
    return std::string_view(value == nullptr ? "" : value);
  };
  return ::isatty(fd) == 1 && set("NO_COLOR").empty() && set("TERM") != "dumb";
}

void colour_log(bool coloured) { log().coloured = coloured; }

std::optional<LogLevel> parse_log_level(std::string_view name) {
  if (name == "debug") return LogLevel::debug;
  if (name == "info") return LogLevel::info;
  if (name == "warning" || name == "warn") return LogLevel::warning;
  if (name == "error") return LogLevel::error;
  return std::nullopt;
}

void configure_log(LogLevel level, LogFormat format) {
  log().level = level;
  log().format = format;
}

void set_log_level(LogLevel level) { log().level = level; }

bool log_enabled(LogLevel level) { return level >= log().level.load(std::memory_order_relaxed); }

void set_log_sink(std::function<void(std::string_view line)> sink) {
  const std::lock_guard lock(log().mutex);
  log().sink = std::move(sink);
}

void write_log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (!log_enabled(level)) return;
  const std::string line = format_log_line(level, event, {fields.begin(), fields.size()});
  const std::lock_guard lock(log().mutex);
  if (log().sink) {
    log().sink(line);
  } else {
    log().logger.log(spdlog::level::info, line);
  }
}

}  // namespace crewship
