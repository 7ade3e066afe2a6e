// The thread that owns the only connection that writes and checkpoints. It takes all that waits as one group: one
// transaction, a savepoint for each job that asks for one, one commit, one fsync, one post that resumes every caller.
// What arrives during a commit is the next group; only in a crowd it waits a moment for more (CommitPace).
#pragma once

#include <cstddef>
#include <span>
#include <thread>
#include <vector>

#include <SQLiteCpp/Database.h>

#include <crewship/base/asio.hpp>
#include <crewship/base/crypto.hpp>
#include <crewship/store/store.hpp>

#include "commit_pace.hpp"
#include "health.hpp"
#include "job_queue.hpp"
#include "remembered.hpp"
#include "tx.hpp"
#include "write_ahead_log_buffer.hpp"

namespace crewship {

class Writer {
 public:
  Writer(SQLite::Database database, const Sealer& sealer, Executor executor, const Clock& clock, Health& health,
         std::size_t capacity);
  // Finishes what is queued and closes the file, which checkpoints it.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  JobQueue& queue() { return queue_; }
  const JobQueue& queue() const { return queue_; }
  const StoreMetrics& metrics() const { return metrics_; }

 private:
  void work();
  void commit(std::span<QueuedJob> group);
  bool begin(std::span<QueuedJob> group);
  void run(QueuedJob& job);
  // True when the transaction goes on, false when SQLite undid all of it.
  bool run_in_group(QueuedJob& job);
  bool run_in_savepoint(QueuedJob& job);
  bool run_without_savepoint(QueuedJob& job);
  void end(std::span<QueuedJob> group);
  bool in_transaction() const;
  bool has_moved() const;  // whether the file's name is now another's or nobody's
  void checkpoint_when_due();

  WriteAheadLogBuffer log_buffer_;  // until the database is closed
  SQLite::Database database_;
  Tx tx_;
  Executor executor_;
  const Clock& clock_;
  Health& health_;
  JobQueue queue_;
  StoreMetrics metrics_;
  Remembered remembered_;
  CommitPace pace_;
  int log_pages_ = 0;           // in the write-ahead log, as of the last commit
  int checkpointed_pages_ = 0;  // of these, copied to the file
  std::thread thread_;
};

}  // namespace crewship
