#include "reader.hpp"

#include <utility>
#include <vector>

#include <SQLiteCpp/Exception.h>

#include "sqlite_error.hpp"
#include "thread.hpp"

namespace crewship {
namespace {
// Callers wait for the whole batch.
constexpr std::size_t max_batch = 32;
}  // namespace

Reader::Reader(SQLite::Database database, const Sealer& sealer, Executor executor, Health& health, std::size_t capacity)
    : database_(std::move(database)),
      tx_(database_, sealer),
      executor_(std::move(executor)),
      health_(health),
      queue_(capacity) {
  thread_ = start_thread("store-reader", [this] { work(); });
}

Reader::~Reader() {
  queue_.close();
  thread_.join();
}

void Reader::work() {
  for (;;) {
    std::vector<QueuedJob> batch = queue_.take(max_batch);
    if (batch.empty()) return;
    read(batch);
    queue_.done(batch.size());
    resume_on(executor_, std::move(batch));
  }
}

void Reader::read(std::span<QueuedJob> jobs) {
  try {
    tx_.execute("BEGIN");
    for (QueuedJob& job : jobs) run_job(job, tx_, database_.getHandle(), health_);
    if (sqlite3_get_autocommit(database_.getHandle()) == 0) tx_.execute("ROLLBACK");
  } catch (const SQLite::Exception& exception) {
    const Error error = health_.report(exception, database_.getHandle(), "read");
    for (QueuedJob& job : jobs) job.error = error;
  }
  if (!health_.failed()) return;
  for (QueuedJob& job : jobs) job.error = storage_failed();
}

}  // namespace crewship
