// Calls one builtin: a handler, which is waited for within its time limit and until it is asked to stop (loop thread
// only), or a function (any thread). What they throw is logged and becomes an error.
#pragma once

#include <crewship/base/clock.hpp>
#include <crewship/base/task_group.hpp>
#include <crewship/runs/builtin.hpp>

#include "journal_writer.hpp"
#include "run_control.hpp"
#include "run_journal.hpp"

namespace crewship {

Result<std::string> call_function(const BuiltinFunction& function, const RunId& run, const std::string& input);

struct BuiltinEnd {
  Result<std::string> output;
  StopReason stopped_for = StopReason::none;
};

class BuiltinRun {
 public:
  BuiltinRun(Executor executor, Clock& clock, RunControl& control, RunJournal& journal, JournalWriter& journal_writer)
      : executor_(std::move(executor)),
        clock_(clock),
        control_(control),
        journal_(journal),
        journal_writer_(journal_writer) {}
  ~BuiltinRun() { control_.listen({}); }
  BuiltinRun(const BuiltinRun&) = delete;
  BuiltinRun& operator=(const BuiltinRun&) = delete;

  // A handler that throws is a bug of the program that registered it: logged, and the run fails.
  Task<BuiltinEnd> run(const BuiltinHandler& handler, BuiltinCall call, std::chrono::milliseconds time_limit);

 private:
  Task<void> call_handler(const BuiltinHandler& handler, BuiltinCall call);

  Executor executor_;
  Clock& clock_;
  RunControl& control_;
  RunJournal& journal_;
  JournalWriter& journal_writer_;
  std::unique_ptr<Timer> timer_;
  std::optional<Result<std::string>> output_;
};

}  // namespace crewship
