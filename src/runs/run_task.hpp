// One run from its row to its end: recorded, started, answered for, followed, ended. Owned by the executor's task
// group, so it goes on whatever the caller does. Loop thread only.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "journal_writer.hpp"
#include "launching.hpp"
#include "run_context.hpp"
#include "run_control.hpp"
#include "run_journal.hpp"
#include "run_outcome.hpp"

namespace crewship {

class RunTask {
 public:
  RunTask(RunContext& context, RunId id, RunControl& control, LaunchRequest request, LaunchesUnderWay::Duty duty);

  // Returns when the run's end is on disk.
  Task<void> run();

 private:
  Task<void> run_command(const CommandRunner& command);
  Task<void> run_builtin(const BuiltinRunner& builtin);
  Task<void> fail_to_start(Error error);
  // Of a run that has a row and did not start: the row's end, then the caller's answer.
  Task<void> refuse(Error error, std::string reason);
  // An error when the row could not be written; what was started must end again.
  Task<Result<>> record_started();
  void answer();
  Task<void> finish(RunChange change, bool free_key);
  // When the end is on disk. `told`: the webhooks of which the dispatcher knows already.
  void tell_end(const Run& ended, std::span<const RunEvent> events, std::span<const NewDelivery> deliveries,
                std::span<const OutgoingWebhookId> told);
  void announce(const Run& ended, std::span<const NewDelivery> made, std::span<const OutgoingWebhookId> told);
  void count_end(const Run& ended) const;
  void log_end(const Run& ended) const;

  RunContext& context_;
  RunControl& control_;
  RunId id_;
  LaunchRequest request_;
  LaunchesUnderWay::Duty duty_;
  std::optional<Result<Launched>> refusal_;
  TaskGroup tasks_;
  RunJournal journal_;
  JournalWriter journal_writer_;
  Run run_;
  std::shared_ptr<const Version> version_;
  RunLimits limits_;
  SteadyTime began_;
};

}  // namespace crewship
