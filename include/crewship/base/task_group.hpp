// The owner of background coroutines: every spawned task has a name, is counted, and is waited for before the group
// goes. Loop thread only. A task that ends with an exception is a bug: it is logged with its name and handed to the
// failure handler (the program's: stop with exit 1).
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <crewship/base/asio.hpp>

namespace crewship {

class TaskGroup {
 public:
  using FailureHandler = std::function<void(std::string_view task, std::exception_ptr)>;

  TaskGroup(Executor executor, std::string name, FailureHandler on_failure = {});
  // Precondition: empty (join() was awaited, or nothing was spawned); otherwise the program ends with a message.
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  void spawn(std::string_view name, Task<void> task);
  // Asks every task to end: terminal cancellation, which makes what they wait for throw operation_aborted (that is not
  // a failure). Tasks spawned later are not affected.
  void cancel();
  // Returns when no task is left.
  Task<void> join();
  std::size_t size() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace crewship
