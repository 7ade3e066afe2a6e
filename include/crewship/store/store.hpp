// The database: one SQLite file, one thread that owns the only connection that writes, one thread that reads. What is
// asked for during a commit forms the next group and shares its fsync (group commit), and every caller resumes on the
// loop only after COMMIT. Owned by the App, outlives every room above it. SQL exists only in this room: other rooms
// pass functions that call <crewship/store/*.hpp>.
//
// Errors: "storage_busy" (unavailable) when the queue is full, "storage_full" (unavailable) when the disk is, and
// "storage_failed" (internal) otherwise. A failed fsync or a corrupt file is final: on_fatal is called once, and
// nothing is acknowledged any more.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <crewship/base/asio.hpp>
#include <crewship/base/clock.hpp>
#include <crewship/base/crypto.hpp>
#include <crewship/base/error.hpp>
#include <crewship/base/metrics.hpp>
#include <crewship/base/random.hpp>

namespace crewship {

class Tx;  // one transaction, handed to the functions of this room; never kept

struct StoreOptions {
  std::filesystem::path data_dir;
  std::filesystem::path master_key_file;  // empty: <data_dir>/master.key, made at first start with mode 0600
  std::size_t max_queued_writes = 8192;
  std::function<void(Error)> on_fatal;  // called on the loop, once
};

// Since the start of the program.
struct StoreMetrics {
  Histogram commit_seconds{0.0001};  // of a group: begin, its changes, the commit with its fsync
  Histogram group_changes{1};        // how many changes shared a commit
};

// What a job's error undoes. `itself` costs the job a savepoint, and each page that it changes a copy. `group` is for
// jobs that can only fail before their first change; should one fail after it, all that shares its commit fails with
// it. They may see what the writer remembers of versions and webhooks, so they must not change these.
enum class Undo { itself, group };

class Store {
 public:
  // Blocking; before the loop runs. Takes the lock on data_dir, opens the file, checks the key, migrates. The error
  // says what to do: locked by another daemon, newer schema, wrong or missing key, not a database, no permission.
  static Result<std::unique_ptr<Store>> open(StoreOptions options, Executor executor, const Clock& clock,
                                             Random& random);
  // Finishes what is queued, checkpoints, closes. Blocking; after the loop has nothing left to wait for.
  ~Store();

  // Runs fn(Tx&) → Result<T> in a transaction on the writer's thread. An error or an exception undoes fn's changes
  // only (but see Undo). Not cancellable: fn may refer to the caller's frame, which lives until it is done. (A task
  // that is already cancelled when it asks throws operation_aborted as from any co_await; one that must still write
  // resets its cancellation state.) fn runs once at most, and never when the queue is full. Call from the loop's
  // thread.
  template <class F>
  Task<std::invoke_result_t<F&, Tx&>> write(F fn, Undo undo = Undo::itself);

  // Runs fn(Tx&) → Result<T> on the reader's thread, in one snapshot; changes are refused by the connection.
  template <class F>
  Task<std::invoke_result_t<F&, Tx&>> read(F fn);

  std::size_t queued_writes() const;
  const StoreMetrics& metrics() const;
  // Nothing while the disk takes what is written. Otherwise tries again, so that a server that nobody writes to any
  // more notices that there is space again.
  Task<Result<>> check_writable();

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  using Job = std::function<std::optional<Error>(Tx&)>;      // the error that undoes the job
  Task<std::optional<Error>> run_write(Job job, Undo undo);  // fn's own error, or the store's
  Task<std::optional<Error>> run_read(Job job);

  std::unique_ptr<Impl> impl_;
};

template <class F>
Task<std::invoke_result_t<F&, Tx&>> Store::write(F fn, Undo undo) {
  using R = std::invoke_result_t<F&, Tx&>;
  std::optional<R> result;
  std::optional<Error> error = co_await run_write(
      [&fn, &result](Tx& tx) -> std::optional<Error> {
        result.emplace(fn(tx));
        return result->has_value() ? std::nullopt : std::optional<Error>(result->error());
      },
      undo);
  if (error) co_return std::unexpected(*std::move(error));
  co_return *std::move(result);
}

template <class F>
Task<std::invoke_result_t<F&, Tx&>> Store::read(F fn) {
  using R = std::invoke_result_t<F&, Tx&>;
  std::optional<R> result;
  std::optional<Error> error = co_await run_read([&fn, &result](Tx& tx) -> std::optional<Error> {
    result.emplace(fn(tx));
    return result->has_value() ? std::nullopt : std::optional<Error>(result->error());
  });
  if (error) co_return std::unexpected(*std::move(error));
  co_return *std::move(result);
}

}  // namespace crewship
