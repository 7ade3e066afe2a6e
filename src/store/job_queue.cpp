#include "job_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <boost/asio/post.hpp>

namespace crewship {
namespace {

class Resumption {
 public:
  Resumption(Executor executor, std::vector<QueuedJob> jobs) : executor_(std::move(executor)), jobs_(std::move(jobs)) {}

  void operator()() {
    while (next_ < jobs_.size()) {
      QueuedJob& job = jobs_[next_++];
      try {
        std::exchange(job.resume, nullptr)(std::move(job.error));
      } catch (...) {
        // A coroutine's exception goes to whoever runs the loop; the others must still be resumed.
        asio::post(executor_, std::move(*this));
        throw;
      }
    }
  }

 private:
  Executor executor_;
  std::vector<QueuedJob> jobs_;
  std::size_t next_ = 0;
};

}  // namespace

bool JobQueue::push(QueuedJob& job) {
  if (unfinished_ >= capacity_) return false;
  ++unfinished_;
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    if (jobs_.size() < wanted_) return true;
  }
  changed_.notify_one();
  return true;
}

std::vector<QueuedJob> JobQueue::take(std::size_t limit) {
  wait();
  const std::lock_guard lock(mutex_);
  std::vector<QueuedJob> taken;
  const auto count = std::min(limit, jobs_.size());
  taken.reserve(count);
  const auto end = std::next(jobs_.begin(), static_cast<std::ptrdiff_t>(count));
  std::move(jobs_.begin(), end, std::back_inserter(taken));
  jobs_.erase(jobs_.begin(), end);
  return taken;
}

bool JobQueue::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
  return !jobs_.empty();
}

bool JobQueue::wait_for(std::size_t count, std::chrono::microseconds time) {
  std::unique_lock lock(mutex_);
  wanted_ = count;
  changed_.wait_for(lock, time, [this, count] { return closed_ || jobs_.size() >= count; });
  wanted_ = 1;
  return jobs_.size() >= count;
}

void JobQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_one();
}

void resume_on(const Executor& executor, std::vector<QueuedJob> finished) {
  asio::post(executor, Resumption(executor, std::move(finished)));
}

}  // namespace crewship
