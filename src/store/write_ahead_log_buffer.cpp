#include "write_ahead_log_buffer.hpp"

#include <algorithm>
#include <utility>

#include <crewship/base/log.hpp>

namespace crewship {
namespace {

// SQLite's own file layer takes less than 128 KiB in one write.
constexpr std::size_t max_held_bytes = std::size_t{64} * 1024;

constexpr std::size_t frame_header_bytes = 24;
// Bytes 4 to 7 of a frame's header are the size of the database in the last frame of a transaction, else 0.
bool is_last_frame(const std::byte* header) {
  return std::any_of(header + 4, header + 8, [](std::byte byte) { return byte != std::byte{0}; });
}

}  // namespace

WriteAheadLogBuffer::WriteAheadLogBuffer() {
  methods_.iVersion = 1;  // shared memory belongs to the database's file, not to its log's
  methods_.xClose = close;
  methods_.xRead = flush_first<&sqlite3_io_methods::xRead, void*, int, sqlite3_int64>;
  methods_.xWrite = write;
  methods_.xTruncate = flush_first<&sqlite3_io_methods::xTruncate, sqlite3_int64>;
  methods_.xSync = flush_first<&sqlite3_io_methods::xSync, int>;
  methods_.xFileSize = flush_first<&sqlite3_io_methods::xFileSize, sqlite3_int64*>;
  methods_.xLock = flush_first<&sqlite3_io_methods::xLock, int>;
  methods_.xUnlock = flush_first<&sqlite3_io_methods::xUnlock, int>;
  methods_.xCheckReservedLock = flush_first<&sqlite3_io_methods::xCheckReservedLock, int*>;
  methods_.xFileControl = flush_first<&sqlite3_io_methods::xFileControl, int, void*>;
  methods_.xSectorSize = [](sqlite3_file* file) { return of(file).real_->xSectorSize(file); };
  methods_.xDeviceCharacteristics = [](sqlite3_file* file) { return of(file).real_->xDeviceCharacteristics(file); };
  methods_.buffer = this;
}

void WriteAheadLogBuffer::attach(sqlite3* connection) {
  // A file that had another journal mode, such as a backup's, opens its log at the first statement after the change.
  sqlite3_exec(connection, "PRAGMA schema_version", nullptr, nullptr, nullptr);
  sqlite3_file* log = nullptr;
  if (sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log)) != SQLITE_OK ||
      log == nullptr || log->pMethods == nullptr) {
    log_warning("the write-ahead log is written page by page, as SQLite gave no access to it");
    return;
  }
  real_ = std::exchange(log->pMethods, &methods_);
}

WriteAheadLogBuffer& WriteAheadLogBuffer::of(sqlite3_file* file) {
  return *static_cast<const Methods*>(file->pMethods)->buffer;
}

template <auto Method, class... Arguments>
int WriteAheadLogBuffer::flush_first(sqlite3_file* file, Arguments... arguments) {
  const int code = of(file).flush(file);
  return code == SQLITE_OK ? (of(file).real_->*Method)(file, arguments...) : code;
}

int WriteAheadLogBuffer::write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  return of(file).hold(file, static_cast<const std::byte*>(data), static_cast<std::size_t>(size), offset);
}

int WriteAheadLogBuffer::close(sqlite3_file* file) {
  WriteAheadLogBuffer& self = of(file);
  const int flushed = self.flush(file);
  file->pMethods = self.real_;
  const int closed = self.real_->xClose(file);
  return flushed == SQLITE_OK ? closed : flushed;
}

int WriteAheadLogBuffer::hold(sqlite3_file* file, const std::byte* data, std::size_t size, sqlite3_int64 offset) {
  const bool goes_on = offset == held_offset_ + static_cast<sqlite3_int64>(held_.size());
  if (!goes_on || held_.size() + size > max_held_bytes) {
    if (const int code = flush(file); code != SQLITE_OK) return code;
  }
  if (held_.empty()) held_offset_ = offset;
  held_.insert(held_.end(), data, data + size);
  if (size == frame_header_bytes) {
    in_last_frame_ = is_last_frame(data);
    return SQLITE_OK;
  }
  return std::exchange(in_last_frame_, false) ? flush(file) : SQLITE_OK;
}

int WriteAheadLogBuffer::flush(sqlite3_file* file) {
  if (held_.empty()) return SQLITE_OK;
  const int code = real_->xWrite(file, held_.data(), static_cast<int>(held_.size()), held_offset_);
  held_.clear();
  return code;
}

}  // namespace crewship
