// An event loop of its own for one test. run() drives it until a task has ended and gives back what the task returned
// or threw. A task that never ends fails the test instead of hanging it: at once when the loop has nothing left to wait
// for, else after `patience`, which is no measure of anything.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <crewship/base/asio.hpp>

namespace crewship {

class RunLoop {
 public:
  static constexpr std::chrono::seconds patience{30};

  asio::io_context& context() { return context_; }
  Executor executor() { return context_.get_executor(); }

  // Leaves running what the task left behind; idle() tells whether that is nothing.
  template <class T>
  T run(Task<T> task) {
    if constexpr (std::is_void_v<T>) {
      finish(std::move(task));
    } else {
      std::optional<T> result;
      finish(keep_result(std::move(task), result));
      return *std::move(result);
    }
  }

  // Everything that can go on without waiting.
  void poll() {
    context_.restart();
    while (context_.poll() > 0) context_.restart();
  }

  // Runs until the condition holds, e.g. `loop.until([&] { return done; })`.
  template <class Condition>
  void until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    context_.restart();
    while (!condition()) {
      if (context_.run_one_until(deadline) > 0) continue;
      if (condition()) return;
      throw std::runtime_error(context_.stopped() ? "the loop has nothing left to wait for, but the task has not ended"
                                                  : "the task has not ended within the test's patience");
    }
  }

  // Runs what is left until nothing is; false when something still waits when patience ends.
  bool drain() {
    context_.restart();
    context_.run_for(patience);
    return context_.stopped();
  }

  // True when nothing is left to run or to wait for.
  bool idle() {
    poll();
    return context_.stopped();
  }

 private:
  template <class T>
  static Task<void> keep_result(Task<T> task, std::optional<T>& result) {
    result.emplace(co_await std::move(task));
  }

  struct End {
    bool reached = false;
    std::exception_ptr failure;
  };

  void finish(Task<void> task) {
    End end;
    asio::co_spawn(context_, std::move(task), [&end](const std::exception_ptr& failure) {
      end.failure = failure;
      end.reached = true;
    });
    until([&end] { return end.reached; });
    if (end.failure) std::rethrow_exception(end.failure);
  }

  asio::io_context context_{1};
};

// A task that needs nothing but a loop. Throws when it leaves something behind on it.
template <class T>
T run_task(Task<T> task) {
  RunLoop loop;
  if constexpr (std::is_void_v<T>) {
    loop.run(std::move(task));
    if (!loop.idle()) throw std::runtime_error("the task left work on the loop");
  } else {
    T result = loop.run(std::move(task));
    if (!loop.idle()) throw std::runtime_error("the task left work on the loop");
    return result;
  }
}

}  // namespace crewship
