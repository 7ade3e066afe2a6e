#include <crewship/store/store.hpp>

#include <cerrno>
#include <system_error>

#include <sqlite3.h>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <crewship/base/log.hpp>
#include <crewship/base/unique_fd.hpp>

#include "connection.hpp"
#include "data_dir.hpp"
#include "health.hpp"
#include "job_queue.hpp"
#include "master_key.hpp"
#include "reader.hpp"
#include "schema.hpp"
#include "sqlite_error.hpp"
#include "writer.hpp"

namespace crewship {
namespace {

using Job = std::function<std::optional<Error>(Tx&)>;

Error cannot_open(const SQLite::Exception& exception, const std::filesystem::path& file) {
  const int code = exception.getExtendedErrorCode() & 0xff;
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) {
    return Error{ErrorKind::internal,
                 "not_a_database",
                 "The database file " + file.string() + " is damaged or none of SQLite's (" + exception.what() +
                     "). Restore it from your backup, or move it away to start anew.",
                 {},
                 {},
                 {}};
  }
  return Error{ErrorKind::internal,
               "database_unusable",
               "Cannot use the database file " + file.string() + ": " + exception.what() + ".",
               {},
               {},
               {}};
}

// Owner only, whatever the umask says; SQLite gives its side files the same mode.
Result<> make_database_file(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::exists(file, error)) return {};
  return write_new_file(file, {});
}

Task<std::optional<Error>> wait_for(JobQueue& queue, Executor executor, Job job, Undo undo) {
  // The loop must not end while somebody waits for a job.
  const auto work = asio::make_work_guard(executor);
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void(std::optional<Error>)>(
      [&queue, &executor, undo](auto handler, Job&& started) {
        // The handler's cancellation slot is left alone: a job that has begun is always waited for.
        QueuedJob queued{std::move(started), std::move(handler), {}, undo};
        if (queue.push(queued)) return;
        queued.error = storage_busy();
        std::vector<QueuedJob> refused;
        refused.push_back(std::move(queued));
        resume_on(executor, std::move(refused));
      },
      use_awaitable, std::move(job));
}

}  // namespace

struct Store::Impl {
  UniqueFd lock;
  std::unique_ptr<Sealer> sealer;
  Executor executor;
  Health health;
  Writer writer;
  Reader reader;  // closes first, so that the writer's connection is the last and checkpoints

  Impl(UniqueFd held_lock, std::unique_ptr<Sealer> with_key, SQLite::Database writing, SQLite::Database reading,
       Executor loop, const Clock& clock, std::function<void(Error)> on_fatal, std::size_t capacity)
      : lock(std::move(held_lock)),
        sealer(std::move(with_key)),
        executor(std::move(loop)),
        health(executor, std::move(on_fatal)),
        writer(std::move(writing), *sealer, executor, clock, health, capacity),
        reader(std::move(reading), *sealer, executor, health, capacity) {}
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(StoreOptions options, Executor executor, const Clock& clock,
                                           Random& random) {
  if (auto made = make_data_dir(options.data_dir); !made) return std::unexpected(made.error());
  auto lock = lock_data_dir(options.data_dir);
  if (!lock) return std::unexpected(lock.error());

  const std::filesystem::path file = options.data_dir / "crewship.db";
  std::error_code error;
  const bool exists = std::filesystem::file_size(file, error) > 0 && !error;
  auto key = load_master_key(options.master_key_file, options.data_dir, exists, random);
  if (!key) return std::unexpected(key.error());
  auto sealer = std::make_unique<Sealer>(*std::move(key), random);
  if (auto made = make_database_file(file); !made) return std::unexpected(made.error());

  try {
    SQLite::Database writing = open_writing_connection(file);
    // SQLite opens what it may not write for reading, and says so only at the first write.
    if (sqlite3_db_readonly(writing.getHandle(), "main") != 0)
      return std::unexpected(file_error("write", file, EACCES));
    const auto version = schema_version(writing, migrations());
    if (!version) return std::unexpected(version.error());
    if (*version > 0) {
      if (auto fits = check_master_key(writing, *sealer); !fits) return std::unexpected(fits.error());
    }
    if (auto prepared = prepare_for_writing(writing); !prepared) return std::unexpected(prepared.error());
    migrate(writing, migrations(), *version, *sealer, clock.now());
    SQLite::Database reading = open_reading_connection(file);
    // SQLite does so, too, when it has made the write-ahead log, but does not look whether it worked.
    if (auto synced = sync_directory(options.data_dir); !synced) return std::unexpected(synced.error());
    return std::unique_ptr<Store>(new Store(
        std::make_unique<Impl>(*std::move(lock), std::move(sealer), std::move(writing), std::move(reading),
                               std::move(executor), clock, std::move(options.on_fatal), options.max_queued_writes)));
  } catch (const SQLite::Exception& exception) {
    return std::unexpected(cannot_open(exception, file));
  }
}

std::size_t Store::queued_writes() const { return impl_->writer.queue().unfinished(); }

const StoreMetrics& Store::metrics() const { return impl_->writer.metrics(); }

Task<Result<>> Store::check_writable() {
  if (impl_->health.failed()) co_return std::unexpected(storage_failed());
  if (!impl_->health.refusing()) co_return Result<>{};
  co_return co_await write([](Tx& tx) -> Result<> {
    tx.execute(
        "INSERT INTO meta(name, value) VALUES('write_check', x'00') ON CONFLICT DO UPDATE SET value = excluded.value");
    return {};
  });
}

Task<std::optional<Error>> Store::run_write(Job job, Undo undo) {
  return wait_for(impl_->writer.queue(), impl_->executor, std::move(job), undo);
}

Task<std::optional<Error>> Store::run_read(Job job) {
  return wait_for(impl_->reader.queue(), impl_->executor, std::move(job), Undo::itself);
}

}  // namespace crewship
