#include "writer.hpp"

#include <utility>

#include <sqlite3.h>

#include <SQLiteCpp/Exception.h>

#include <crewship/base/fault_point.hpp>
#include <crewship/base/log.hpp>

#include "activity_counters.hpp"
#include "connection.hpp"
#include "sqlite_error.hpp"
#include "thread.hpp"

namespace crewship {
namespace {

constexpr std::size_t max_group = 256;

// Pages of 4 KiB. Hot pages are written to the log again and again, so a longer log means fewer writes to the file;
// when nothing comes for a moment, a shorter one is enough. Under load the queue is often empty for less.
constexpr int checkpoint_when_idle_pages = 1000;
constexpr auto idle_moment = std::chrono::milliseconds(20);
constexpr int checkpoint_when_busy_pages = 3000;
// From here on a checkpoint waits for readers of old snapshots, so that the log can start again from its beginning.
constexpr int restart_log_pages = 16384;
// One that stays, such as a backup, must not hold up the writes: the log grows until it has gone.
constexpr int restart_patience_ms = 50;

int note_log_pages(void* log_pages, sqlite3*, const char*, int pages) {
  *static_cast<int*>(log_pages) = pages;
  return SQLITE_OK;
}

// Those that have failed by themselves keep their own error.
void fail_all(std::span<QueuedJob> jobs, const Error& error) {
  for (QueuedJob& job : jobs) {
    if (!job.error) job.error = error;
  }
}

}  // namespace

Writer::Writer(SQLite::Database database, const Sealer& sealer, Executor executor, const Clock& clock, Health& health,
               std::size_t capacity)
    : database_(std::move(database)),
      tx_(database_, sealer),
      executor_(std::move(executor)),
      clock_(clock),
      health_(health),
      queue_(capacity) {
  log_buffer_.attach(database_.getHandle());
  sqlite3_wal_hook(database_.getHandle(), note_log_pages, &log_pages_);
  thread_ = start_thread("store-writer", [this] { work(); });
  // When the processors are busy, more changes come meanwhile and share the commit.
  do_not_preempt_others(thread_);
}

Writer::~Writer() {
  queue_.close();
  thread_.join();
  // After a failed fsync the log is the only witness of what was written; closing must not copy from it.
  if (health_.failed()) sqlite3_db_config(database_.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

void Writer::work() {
  for (;;) {
    if (queue_.wait() && pace_.crowded(clock_.steady_now())) queue_.wait_for(enough_company, commit_delay);
    std::vector<QueuedJob> group = queue_.take(max_group);
    if (group.empty()) return;
    const auto began = clock_.steady_now();
    commit(group);
    const auto ended = clock_.steady_now();
    pace_.committed(group.size(), queue_.unfinished(), ended);
    metrics_.commit_seconds.observe(ended - began);
    metrics_.group_changes.observe(static_cast<double>(group.size()));
    queue_.done(group.size());
    resume_on(executor_, std::move(group));
    checkpoint_when_due();
  }
}

void Writer::commit(std::span<QueuedJob> group) {
  while (!group.empty()) {
    if (health_.failed()) return fail_all(group, storage_failed());
    if (!begin(group)) return;
    std::size_t ran = 0;
    bool open = true;
    while (open && ran < group.size()) {
      QueuedJob& job = group[ran++];
      if (group.size() == 1) {
        run(job);
        open = in_transaction();
      } else {
        open = run_in_group(job);
      }
    }
    if (open) return end(group);
    remembered_.forget();
    // A full disk, say, undid the whole transaction: the jobs before this one are undone as well, those behind it get a
    // transaction of their own.
    // What was wrong with that one job is nothing to tell the others.
    const std::optional<Error>& cause = group[ran - 1].error;
    fail_all(group.first(ran), cause && cause->kind == ErrorKind::unavailable ? *cause : storage_failed());
    group = group.subspan(ran);
  }
}

bool Writer::begin(std::span<QueuedJob> group) {
  try {
    if (is_mutant("acknowledge_before_commit") && in_transaction()) return true;
    tx_.execute("BEGIN IMMEDIATE");
    tx_.new_runs().clear();
    tx_.minute_counts() = {};
    return true;
  } catch (const SQLite::Exception& exception) {
    fail_all(group, health_.report(exception, database_.getHandle(), "begin"));
    return false;
  }
}

void Writer::run(QueuedJob& job) {
  if (job.undo == Undo::group) tx_.use_memory(&remembered_);
  run_job(job, tx_, database_.getHandle(), health_);
  tx_.use_memory(nullptr);
  if (job.undo == Undo::itself) remembered_.forget();
}

bool Writer::run_in_group(QueuedJob& job) {
  return job.undo == Undo::itself ? run_in_savepoint(job) : run_without_savepoint(job);
}

bool Writer::run_without_savepoint(QueuedJob& job) {
  const auto changes = [this] {
    return sqlite3_total_changes64(database_.getHandle()) + tx_.new_runs().rows_to_come();
  };
  const auto changes_before = changes();
  run(job);
  if (job.error && in_transaction() && (changes() != changes_before || tx_.new_runs().lost_runs())) {
    database_.tryExec("ROLLBACK");
  }
  return in_transaction();
}

bool Writer::run_in_savepoint(QueuedJob& job) {
  try {
    tx_.new_runs().write(tx_);
    tx_.execute("SAVEPOINT job");
    const MinuteCounts counts_before = tx_.minute_counts();
    run(job);
    if (!in_transaction()) return false;
    if (job.error) {
      tx_.execute("ROLLBACK TO job");
      tx_.minute_counts() = counts_before;
    }
    tx_.execute("RELEASE job");
  } catch (const SQLite::Exception& exception) {
    const Error error = health_.report(exception, database_.getHandle(), "savepoint");
    if (!job.error) job.error = error;
    // Without its savepoint the job cannot be undone alone.
    if (in_transaction()) database_.tryExec("ROLLBACK");
  }
  return in_transaction();
}

void Writer::end(std::span<QueuedJob> group) {
  try {
    const bool undo = health_.failed() || (group.size() == 1 && group[0].error);
    if (is_mutant("acknowledge_before_commit")) {
      static int groups = 0;
      if (++groups % 4 != 0) return;  // committed together with the next group
    }
    if (!undo) {
      tx_.new_runs().write(tx_);
      write_minute_counts(tx_);
    }
    fault_point("commit.before");
    tx_.execute(undo ? Sql("ROLLBACK") : Sql("COMMIT"));
    fault_point("commit.after");
    if (!undo && has_moved()) health_.report_moved();
    if (health_.failed()) fail_all(group, storage_failed());
    if (undo) {
      remembered_.forget();
    } else {
      health_.wrote();
    }
  } catch (const SQLite::Exception& exception) {
    remembered_.forget();
    fail_all(group, health_.report(exception, database_.getHandle(), "commit"));
    if (in_transaction()) database_.tryExec("ROLLBACK");
  }
}

// With a write-ahead log SQLite itself goes on writing into a file that nobody will find at the next start.
bool Writer::has_moved() const {
  int moved = 0;
  sqlite3_file_control(database_.getHandle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

bool Writer::in_transaction() const { return sqlite3_get_autocommit(database_.getHandle()) == 0; }

void Writer::checkpoint_when_due() {
  if (log_pages_ < checkpointed_pages_) checkpointed_pages_ = 0;  // the log has started again from its beginning
  const int pages = log_pages_ - checkpointed_pages_;
  if (pages < checkpoint_when_idle_pages || health_.failed()) return;
  if (pages < checkpoint_when_busy_pages && queue_.wait_for(1, idle_moment)) return;
  const int mode = log_pages_ < restart_log_pages ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_RESTART;
  int total = 0;
  int copied = 0;
  fault_point("checkpoint.before");
  sqlite3_busy_timeout(database_.getHandle(), restart_patience_ms);
  const int code = sqlite3_wal_checkpoint_v2(database_.getHandle(), nullptr, mode, &total, &copied);
  sqlite3_busy_timeout(database_.getHandle(), busy_timeout_ms);
  fault_point("checkpoint.after");
  if (code == SQLITE_OK) {
    checkpointed_pages_ = copied;
  } else {
    checkpointed_pages_ = log_pages_;  // again when as much has been added
    if (code != SQLITE_BUSY)
      health_.report(SQLite::Exception(database_.getHandle(), code), database_.getHandle(), "checkpoint");
  }
}

}  // namespace crewship
