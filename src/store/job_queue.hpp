// The line in front of one of the store's threads, and the way back to the loop. Jobs are pushed by the loop's thread,
// taken by the owning thread in groups, and resumed by one post a group.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include <crewship/base/asio.hpp>
#include <crewship/base/error.hpp>
#include <crewship/store/store.hpp>

namespace crewship {

struct QueuedJob {
  std::function<std::optional<Error>(Tx&)> run;
  // Resumes the coroutine that waits. It owns that coroutine's frame, so whatever `run` refers to there lives as long
  // as this does. Called, or destroyed, on the loop's thread.
  std::move_only_function<void(std::optional<Error>)> resume;
  std::optional<Error> error{};
  Undo undo = Undo::itself;
};

class JobQueue {
 public:
  explicit JobQueue(std::size_t capacity) : capacity_(capacity) {}

  // False, with the job untouched, when as many wait or are being done as may.
  bool push(QueuedJob& job);
  // Waits for work and returns the oldest, up to `limit`; nothing when the queue is closed and empty.
  std::vector<QueuedJob> take(std::size_t limit);
  // What was taken is finished: it counts no more.
  void done(std::size_t count) { unfinished_ -= count; }
  // Waits for work; false when the queue is closed and empty.
  bool wait();
  // Waits for so many jobs, so long; whether they are there.
  bool wait_for(std::size_t count, std::chrono::microseconds time);
  void close();
  std::size_t unfinished() const { return unfinished_; }

 private:
  const std::size_t capacity_;
  std::atomic<std::size_t> unfinished_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<QueuedJob> jobs_;
  std::size_t wanted_ = 1;  // fewer do not wake the thread
  bool closed_ = false;
};

// One post to the loop that resumes all of them, in their order.
void resume_on(const Executor& executor, std::vector<QueuedJob> finished);

}  // namespace crewship
