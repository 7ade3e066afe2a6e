// Writes log lines to stderr in a thread of its own, many at once, so that a reader of stderr who stops reading holds
// up nobody. What waits is bounded: over it lines are left out, counted, and a line says how many as soon as there is
// room. While one lives it is the log's sink; without one each line is written at once by whoever logs it. Made after
// the guard process is forked, owned by serve(). Any thread may log.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace crewship {

struct LogWriterOptions {
  std::size_t waiting_bytes = 4194304;
  std::chrono::milliseconds patience = std::chrono::seconds(2);  // of the end, for a reader who does not read
};

class LogWriter {
 public:
  explicit LogWriter(int fd, LogWriterOptions options = {});  // not owned
  ~LogWriter();                                               // what waits is written first, within the patience
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Waits until all lines of the one that lives are written, or as long as its patience: for a process that ends
  // without destructors.
  static void flush();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Lines that were left out since the start of the program.
std::uint64_t dropped_log_lines();

}  // namespace crewship
