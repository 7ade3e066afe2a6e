#include "spawner_thread.hpp"

#include <csignal>
#include <utility>

#include <pthread.h>

namespace crewship {

SpawnerThread::SpawnerThread(Executor executor, std::string name, std::function<bool()> busy,
                             std::function<void()> chore)
    : executor_(std::move(executor)),
      busy_(std::move(busy)),
      chore_(std::move(chore)),
      thread_([this, name = std::move(name)] { serve(name); }) {}

SpawnerThread::~SpawnerThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void SpawnerThread::enqueue(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

std::size_t SpawnerThread::waiting() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

bool SpawnerThread::next(Job& job) {
  const auto something = [this] { return stopping_ || !jobs_.empty(); };
  std::unique_lock lock(mutex_);
  if (!busy_ || !busy_()) {
    changed_.wait(lock, something);
  } else if (!changed_.wait_for(lock, std::chrono::seconds(1), something)) {
    job = nullptr;
    return true;
  }
  if (jobs_.empty()) return false;
  job = std::move(jobs_.front());
  jobs_.pop_front();
  return true;
}

void SpawnerThread::serve(const std::string& name) {
  ::pthread_setname_np(::pthread_self(), name.c_str());
  // For its whole life: a signal handler must never run in a child that still shares our memory.
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
  Job job;
  while (next(job)) {
    if (job) {
      job();
      job = nullptr;  // what it holds keeps the loop alive
    } else {
      chore_();
    }
  }
}

}  // namespace crewship
