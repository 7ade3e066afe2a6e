// Whether the store may still acknowledge anything. A failed fsync, a file that cannot be read or a corrupt one is
// final: what is on disk is not known any more, and trying again may report a success that is none. Any thread.
#pragma once

#include <atomic>
#include <functional>

#include <sqlite3.h>

#include <SQLiteCpp/Exception.h>

#include <crewship/base/asio.hpp>
#include <crewship/base/error.hpp>

#include "job_queue.hpp"

namespace crewship {

class Health {
 public:
  Health(Executor executor, std::function<void(Error)> on_fatal)
      : executor_(std::move(executor)), on_fatal_(std::move(on_fatal)) {}

  bool failed() const { return failed_; }
  // The last write failed for want of space or another reason that may pass.
  bool refusing() const { return refusing_; }
  void wrote() { refusing_ = false; }
  // What callers get to read. Ends the health of the store when the error is final; `doing` is for the log.
  Error report(const SQLite::Exception& exception, sqlite3* connection, std::string_view doing);
  // The database file was removed or replaced while it was open. Final as well.
  void report_moved();

 private:
  void fail(const Error& error);

  Executor executor_;
  std::function<void(Error)> on_fatal_;
  std::atomic<bool> failed_ = false;
  std::atomic<bool> refusing_ = false;
};

// Runs the job's function and leaves in job.error what it came to; nothing is thrown.
void run_job(QueuedJob& job, Tx& tx, sqlite3* connection, Health& health);

}  // namespace crewship
