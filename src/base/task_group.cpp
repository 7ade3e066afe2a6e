#include <crewship/base/task_group.hpp>

#include <list>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <crewship/base/log.hpp>

namespace crewship {
namespace {

struct Entry {
  explicit Entry(std::string_view task_name) : name(task_name) {}
  std::string name;
  asio::cancellation_signal signal;
  bool ended = false;
};

// What a failed task says of itself; nothing when it was merely cancelled.
std::optional<std::string> failure_text(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) return std::nullopt;
    return error.what();
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception of an unknown type";
  }
}

void emit_terminal(const std::vector<std::shared_ptr<Entry>>& entries) {
  for (const auto& entry : entries)
    if (!entry->ended) entry->signal.emit(asio::cancellation_type::terminal);
}

}  // namespace

struct TaskGroup::State {
  using Entries = std::list<std::shared_ptr<Entry>>;

  State(Executor e, std::string n, FailureHandler f)
      : executor(std::move(e)), name(std::move(n)), on_failure(std::move(f)), emptied(executor) {
    emptied.expires_at(SteadyTimer::time_point::max());
  }

  void ended(Entries::iterator place, const std::exception_ptr& failure) {
    const std::shared_ptr<Entry> entry = std::move(*place);
    entry->ended = true;
    entries.erase(place);
    if (entries.empty()) emptied.cancel();
    if (!failure) return;
    const auto text = failure_text(failure);
    if (!text) return;
    log_error("task failed", {{"group", name}, {"task", entry->name}, {"error", *text}});
    if (on_failure) on_failure(entry->name, failure);
  }

  Executor executor;
  std::string name;
  FailureHandler on_failure;
  Entries entries;
  SteadyTimer emptied;  // never expires; cancelled for the joiner when the last task ends
};

TaskGroup::TaskGroup(Executor executor, std::string name, FailureHandler on_failure)
    : state_(std::make_shared<State>(std::move(executor), std::move(name), std::move(on_failure))) {}

TaskGroup::~TaskGroup() {
  if (state_->entries.empty()) return;
  std::string names;
  for (const auto& entry : state_->entries) names.append(names.empty() ? "" : ", ").append(entry->name);
  log_error("task group destroyed before its tasks ended; ending", {{"group", state_->name}, {"tasks", names}});
  std::terminate();
}

void TaskGroup::spawn(std::string_view name, Task<void> task) {
  const auto entry = std::make_shared<Entry>(name);
  const auto place = state_->entries.insert(state_->entries.end(), entry);
  asio::co_spawn(
      state_->executor, std::move(task),
      asio::bind_cancellation_slot(entry->signal.slot(), [state = state_, place](const std::exception_ptr& failure) {
        state->ended(place, failure);
      }));
}

void TaskGroup::cancel() {
  // co_spawn forwards a signal through the executor, which off the loop means later, when the task may be gone and the
  // signal with it. So all of it happens on the loop, and the entries live as long as the signals are being emitted.
  std::vector<std::shared_ptr<Entry>> entries(state_->entries.begin(), state_->entries.end());
  asio::dispatch(state_->executor, [entries = std::move(entries)] { emit_terminal(entries); });
}

Task<void> TaskGroup::join() {
  const std::shared_ptr<State> state = state_;  // the group may go as soon as the last task has
  while (!state->entries.empty()) {
    auto [error] = co_await state->emptied.async_wait(asio::as_tuple(use_awaitable));
    if (!state->entries.empty() &&
        (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
      throw boost::system::system_error(error);
  }
}

std::size_t TaskGroup::size() const { return state_->entries.size(); }

}  // namespace crewship
