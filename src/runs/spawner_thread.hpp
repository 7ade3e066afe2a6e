// A thread that does blocking jobs in the order in which they come and hands each result back to the loop. It lives as
// long as the process: the kernel ends a child with the *thread* that started it (PR_SET_PDEATHSIG).
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <crewship/base/asio.hpp>

namespace crewship {

class SpawnerThread {
 public:
  using Job = std::move_only_function<void()>;

  // At most 15 bytes of the name are seen from outside. While `busy()` is true, `chore` is called about once a second;
  // both on the thread only, and either none or both.
  SpawnerThread(Executor executor, std::string name, std::function<bool()> busy = {}, std::function<void()> chore = {});
  ~SpawnerThread();  // does what is queued, then joins

  // Runs `job` there and resumes here with what it returns. Not cancellable.
  template <class R>
  Task<R> run(std::move_only_function<R()> job);
  // Asks `busy()` again. Any thread.
  void look_again() {
    enqueue([] {});
  }
  std::size_t waiting() const;  // jobs, without the one that is being done; any thread

 private:
  void enqueue(Job job);
  void serve(const std::string& name);
  // The next job; an empty one when it is time for the chore; nothing when stopped.
  bool next(Job& job);

  Executor executor_;
  std::function<bool()> busy_;
  std::function<void()> chore_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses the others
};

template <class R>
Task<R> SpawnerThread::run(std::move_only_function<R()> job) {
  auto initiate = [this](auto handler, std::move_only_function<R()> work) {
    auto executor = asio::get_associated_executor(handler, executor_);
    auto tracked = asio::prefer(executor, asio::execution::outstanding_work.tracked);
    enqueue([handler = std::move(handler), tracked = std::move(tracked), work = std::move(work)]() mutable {
      R result = work();
      asio::post(tracked, [handler = std::move(handler), result = std::move(result)]() mutable {
        std::move(handler)(std::move(result));
      });
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<Executor>&, void(R)>(
      std::move(initiate), use_awaitable, std::move(job));
}

}  // namespace crewship
