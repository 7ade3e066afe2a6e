// The thread that reads. What waits is read in one snapshot, so that a burst of look-ups costs one begin and one post.
// Its connection refuses changes.
#pragma once

#include <cstddef>
#include <span>
#include <thread>

#include <SQLiteCpp/Database.h>

#include <crewship/base/asio.hpp>
#include <crewship/base/crypto.hpp>

#include "health.hpp"
#include "job_queue.hpp"
#include "tx.hpp"

namespace crewship {

class Reader {
 public:
  Reader(SQLite::Database database, const Sealer& sealer, Executor executor, Health& health, std::size_t capacity);
  ~Reader();  // finishes what is queued
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  JobQueue& queue() { return queue_; }

 private:
  void work();
  void read(std::span<QueuedJob> jobs);

  SQLite::Database database_;
  Tx tx_;
  Executor executor_;
  Health& health_;
  JobQueue queue_;
  std::thread thread_;
};

}  // namespace crewship
