#include "connection.hpp"

#include <string>

#include <sqlite3.h>

#include <crewship/base/fault_point.hpp>

namespace crewship {
namespace {

// Each connection belongs to one thread at a time, so SQLite's own mutex would only cost.
constexpr int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;

// Counting every allocation under one lock costs each statement up to a tenth, and nobody reads the count. Only
// possible before SQLite is used for the first time in the process; later it is refused, which is fine.
void do_not_count_memory() {
  static const int once = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(once);
}

}  // namespace

SQLite::Database open_writing_connection(const std::filesystem::path& file) {
  do_not_count_memory();
  SQLite::Database database(file.string(), flags | SQLITE_OPEN_CREATE, busy_timeout_ms);
  // What runs, deliveries and versions refer to is never deleted, only marked, and who writes one has just read what it
  // refers to. Looking again would cost a tenth of what the writer does for a run.
  database.exec(
      "PRAGMA foreign_keys=OFF; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192; PRAGMA secure_delete=FAST");
  return database;
}

Result<> prepare_for_writing(SQLite::Database& database) {
  // A new file becomes one with a write-ahead log by way of a rollback journal. If its removal were not synced, a power
  // cut could bring it back later, and it would undo the whole database.
  database.exec("PRAGMA synchronous=EXTRA");
  const std::string mode = database.execAndGet("PRAGMA journal_mode=WAL").getString();
  if (mode != "wal") {
    return fail(ErrorKind::internal, "no_write_ahead_log",
                "The file system of the data directory cannot hold a database with a write-ahead log (journal mode " +
                    mode + "). Use a local disk, not a network share.");
  }
  database.exec("PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864");
  if (is_mutant("synchronous_normal")) database.exec("PRAGMA synchronous=NORMAL");
  return {};
}

SQLite::Database open_reading_connection(const std::filesystem::path& file) {
  SQLite::Database database(file.string(), flags, busy_timeout_ms);
  database.exec("PRAGMA query_only=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192; PRAGMA wal_autocheckpoint=0");
  // Only the writer's connection may move pages from the log to the file, also when it is the last one to close.
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return database;
}

}  // namespace crewship
