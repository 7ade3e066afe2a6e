#include "builtin_run.hpp"

#include <boost/system/system_error.hpp>

#include <crewship/base/log.hpp>

namespace crewship {
namespace {

std::unexpected<Error> handler_failed(const RunId& run, const std::string& what) {
  log_error("builtin handler threw", {{"run_id", run}, {"error", what}});
  return fail(ErrorKind::internal, "handler_failed", "handler failed: " + what);
}

}  // namespace

Result<std::string> call_function(const BuiltinFunction& function, const RunId& run, const std::string& input) {
  try {
    return function(input);
  } catch (const std::exception& error) {
    return handler_failed(run, error.what());
  } catch (...) {
    return handler_failed(run, "an exception of an unknown type");
  }
}

Task<BuiltinEnd> BuiltinRun::run(const BuiltinHandler& handler, BuiltinCall call,
                                 std::chrono::milliseconds time_limit) {
  // A handler may keep log_line and event_line longer than it runs.
  const auto alive = std::make_shared<BuiltinRun*>(this);
  call.log_line = [alive](std::string_view line) {
    if (*alive == nullptr) return;
    (*alive)->journal_.add_log_line(line);
    (*alive)->journal_writer_.something_came();
  };
  call.event_line = [alive](std::string_view line) {
    if (*alive == nullptr) return;
    (*alive)->journal_.add_event_line(line);
    (*alive)->journal_writer_.something_came();
  };
  timer_ = clock_.make_timer(executor_);
  const auto deadline = clock_.steady_now() + time_limit;
  TaskGroup tasks(executor_, "builtin run");
  tasks.spawn("handler", call_handler(handler, std::move(call)));
  control_.listen([this] { timer_->wake(); });
  bool asked_to_end = false;
  while (!output_) {
    if (clock_.steady_now() >= deadline) control_.stop(StopReason::time_limit);
    if (control_.reason() != StopReason::none && !asked_to_end) {
      asked_to_end = true;
      tasks.cancel();
      continue;
    }
    co_await timer_->wait(asked_to_end ? std::chrono::nanoseconds::max() : deadline - clock_.steady_now());
  }
  control_.listen({});
  co_await tasks.join();
  *alive = nullptr;
  co_return BuiltinEnd{*std::move(output_), control_.reason()};
}

Task<void> BuiltinRun::call_handler(const BuiltinHandler& handler, BuiltinCall call) {
  try {
    output_ = co_await handler(call);
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted && control_.reason() != StopReason::none) {
      output_ = fail(ErrorKind::unavailable, "stopped", "the handler was asked to stop");
    } else {
      output_ = handler_failed(call.run_id, error.what());
    }
  } catch (const std::exception& error) {
    output_ = handler_failed(call.run_id, error.what());
  } catch (...) {
    output_ = handler_failed(call.run_id, "an exception of an unknown type");
  }
  timer_->wake();
}

}  // namespace crewship
