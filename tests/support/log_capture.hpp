// Collects the log lines that are written while it lives, instead of stderr: for tests of the lines that operators rely
// on. Any thread may log; one capture at a time.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <crewship/base/log.hpp>

namespace crewship {

class LogCapture {
 public:
  explicit LogCapture(LogLevel level = LogLevel::debug, LogFormat format = LogFormat::text) {
    configure_log(level, format);
    set_log_sink([this](std::string_view line) { keep(line); });
  }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;
  ~LogCapture() {
    set_log_sink({});
    configure_log(LogLevel::info, LogFormat::text);
  }

  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::string text() const {
    std::string all;
    for (const std::string& line : lines()) all.append(line).push_back('\n');
    return all;
  }
  // Whether one line holds all of the parts.
  template <class... Parts>
  bool has_line(const Parts&... parts) const {
    return std::ranges::any_of(lines(), [&](const std::string& line) { return (line.contains(parts) && ...); });
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    lines_.clear();
  }

 private:
  void keep(std::string_view line) {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(line);
  }

  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace crewship
