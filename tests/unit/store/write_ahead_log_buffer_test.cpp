// A transaction's pages reach the log in one piece, and nobody can tell.
#include "../../../src/store/write_ahead_log_buffer.hpp"

#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>

#include "fault_vfs.hpp"
#include "raw_database.hpp"
#include "support/log_capture.hpp"
#include "support/temp_dir.hpp"

namespace crewship {
namespace {

using testing::ElementsAre;

class LogBuffer : public testing::Test {
 protected:
  LogBuffer() {
    writing.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=10");
    writing.exec("CREATE TABLE numbers(n INTEGER PRIMARY KEY, text TEXT NOT NULL)");
    buffer.attach(writing.getHandle());
  }
  // A row fills a page.
  void insert(int first, int last) {
    writing.exec("WITH RECURSIVE n(n) AS (VALUES(" + std::to_string(first) +
                 ") UNION ALL SELECT n + 1 FROM n WHERE n < " + std::to_string(last) +
                 ") INSERT INTO numbers SELECT n, hex(zeroblob(2000)) FROM n");
  }
  std::vector<std::string> seen_by_others() {
    return RawDatabase(dir / "numbers.db").query("SELECT count(*), sum(n) FROM numbers; PRAGMA integrity_check");
  }

  TempDir dir;
  FaultVfs disk;
  WriteAheadLogBuffer buffer;
  SQLite::Database writing{(dir / "numbers.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
};

TEST_F(LogBuffer, ATransactionIsOneWrite) {
  const int before = disk.log_writes;
  insert(1, 5);
  EXPECT_EQ(disk.log_writes - before, 1);
  EXPECT_THAT(seen_by_others(), ElementsAre("5|15", "ok"));
  insert(6, 6);
  EXPECT_EQ(disk.log_writes - before, 2);
  EXPECT_THAT(seen_by_others(), ElementsAre("6|21", "ok"));
}

TEST_F(LogBuffer, OthersSeeACommitThatWasNotSynced) {
  writing.exec("PRAGMA synchronous=NORMAL");
  // Of all sizes: its last frame may be the one that does not fit any more.
  for (int last = 0, size = 1; size <= 40; ++size) {
    insert(last + 1, last + size);
    last += size;
    EXPECT_THAT(seen_by_others(),
                ElementsAre(std::to_string(last) + "|" + std::to_string(last * (last + 1) / 2), "ok"));
  }
}

TEST_F(LogBuffer, ALargeTransactionIsSeveralAndReadsItsOwnPages) {
  writing.exec("BEGIN");
  insert(1, 500);  // far more than the cache holds
  EXPECT_EQ(writing.execAndGet("SELECT sum(n + (length(text) = 4000)) FROM numbers").getInt(), 500 * 501 / 2 + 500);
  writing.exec("UPDATE numbers SET text = 'short' WHERE n % 3 = 0");
  writing.exec("COMMIT");
  EXPECT_THAT(seen_by_others(), ElementsAre("500|125250", "ok"));
  EXPECT_EQ(writing.execAndGet("SELECT count(*) FROM numbers WHERE text = 'short'").getInt(), 166);
}

TEST_F(LogBuffer, WhatWasUndoneIsNotSeen) {
  insert(1, 5);
  writing.exec("BEGIN");
  insert(6, 300);
  writing.exec("ROLLBACK");
  EXPECT_THAT(seen_by_others(), ElementsAre("5|15", "ok"));
  insert(6, 6);
  EXPECT_THAT(seen_by_others(), ElementsAre("6|21", "ok"));
}

TEST(LogBufferWithoutALog, SaysSoAndLeavesTheConnectionAsItIs) {
  const LogCapture log;
  const TempDir dir;
  WriteAheadLogBuffer buffer;
  SQLite::Database writing((dir / "numbers.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  writing.exec("PRAGMA journal_mode=MEMORY");
  buffer.attach(writing.getHandle());
  EXPECT_TRUE(log.has_line("the write-ahead log is written page by page"));
  writing.exec("CREATE TABLE numbers(n INTEGER)");
  EXPECT_EQ(writing.execAndGet("SELECT count(*) FROM numbers").getInt(), 0);
}

TEST_F(LogBuffer, AFullDiskFailsTheTransactionAndNothingElse) {
  insert(1, 5);
  disk.disk_full = true;
  EXPECT_THROW(insert(6, 9), SQLite::Exception);
  disk.disk_full = false;
  EXPECT_THAT(seen_by_others(), ElementsAre("5|15", "ok"));
  insert(6, 6);
  writing.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  EXPECT_THAT(seen_by_others(), ElementsAre("6|21", "ok"));
}

}  // namespace
}  // namespace crewship
