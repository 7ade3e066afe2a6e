// Between SQLite and its write-ahead log. SQLite writes each page of a transaction in two calls, its frame's header and
// its bytes, and a system call costs more than copying a page. They are held back until the transaction's last frame or
// any other use of the file, and then written in one piece. Nobody misses them: other connections hear of a frame only
// after the commit, through the shared index. An error of theirs is told before the commit's sync.
// https://www.sqlite.org/fileformat2.html#the_write_ahead_log
#pragma once

#include <cstddef>
#include <vector>

#include <sqlite3.h>

namespace crewship {

// Outlives the connection, whose thread uses it.
class WriteAheadLogBuffer {
 public:
  WriteAheadLogBuffer();
  WriteAheadLogBuffer(const WriteAheadLogBuffer&) = delete;
  WriteAheadLogBuffer& operator=(const WriteAheadLogBuffer&) = delete;

  // Precondition: the connection is in write-ahead mode, and no transaction is open. Without access to the log it goes
  // on as it is, and says so.
  void attach(sqlite3* connection);

 private:
  // The file that SQLite has open points to these, so they lead from it to the buffer.
  struct Methods : sqlite3_io_methods {
    WriteAheadLogBuffer* buffer = nullptr;
  };

  static WriteAheadLogBuffer& of(sqlite3_file* file);
  template <auto Method, class... Arguments>
  static int flush_first(sqlite3_file* file, Arguments... arguments);
  static int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset);
  static int close(sqlite3_file* file);

  int hold(sqlite3_file* file, const std::byte* data, std::size_t size, sqlite3_int64 offset);
  int flush(sqlite3_file* file);

  Methods methods_{};
  const sqlite3_io_methods* real_ = nullptr;
  std::vector<std::byte> held_;
  sqlite3_int64 held_offset_ = 0;
  bool in_last_frame_ = false;  // of a transaction
};

}  // namespace crewship
