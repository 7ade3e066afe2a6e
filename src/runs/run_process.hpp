// Follows one child process from its start to its end: feeds stdin, always drains its pipes, carries out the plan for
// stopping it, and reaps it. Loop thread only; lives in the run's task.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <crewship/base/clock.hpp>
#include <crewship/base/stream_descriptor.hpp>
#include <crewship/base/task_group.hpp>
#include <crewship/runs/spawner.hpp>

#include "journal_writer.hpp"
#include "process_plan.hpp"
#include "run_control.hpp"
#include "run_journal.hpp"

namespace crewship {

struct ProcessEnd {
  ExitStatus status;
  StopReason stopped_for = StopReason::none;  // what asked it to stop before it ended
};

struct RunProcessOptions {
  std::chrono::milliseconds time_limit{};
  std::chrono::milliseconds kill_grace{};
  std::size_t output_bytes = 0;
  ResourceLimits resources{};
};

class RunProcess {
 public:
  // `read_buffer` is shared by all runs: what is read is used before anybody else can read. `tasks` is joined before
  // this goes.
  RunProcess(Executor executor, Clock& clock, Spawner& spawner, TaskGroup& tasks, RunControl& control,
             RunJournal& journal, JournalWriter& journal_writer, std::span<char> read_buffer,
             RunProcessOptions options);
  ~RunProcess() { control_.listen({}); }
  RunProcess(const RunProcess&) = delete;
  RunProcess& operator=(const RunProcess&) = delete;

  // Puts the child under the loop's watch. Where the system refuses that, nobody would hear of its end, so the child is
  // ended and reaped; the error is the system's reason.
  Task<Result<>> watch(Child child, std::string run_id);
  // After watch(). Returns when the process has been reaped and nothing of it is left.
  Task<ProcessEnd> follow(std::string input, std::string run_id);

  std::string take_output() { return std::move(output_); }

 private:
  using Descriptor = StreamDescriptor;

  Task<void> feed_input(std::string input);
  Task<void> drain_output();
  Task<void> drain_errors();
  Task<void> drain_events();
  void read_last_events();
  Task<void> await_end();
  Task<void> carry_out_plan();
  Task<void> watch_usage();
  // What can be read now; empty at the end of the stream, nothing when there is nothing yet.
  std::optional<std::string_view> read_some(Descriptor& pipe);
  void keep_output(std::string_view bytes);

  Executor executor_;
  Clock& clock_;
  Spawner& spawner_;
  TaskGroup& tasks_;
  RunControl& control_;
  RunJournal& journal_;
  JournalWriter& journal_writer_;
  std::span<char> read_buffer_;
  RunProcessOptions options_;
  std::unique_ptr<Timer> timer_;
  std::unique_ptr<Timer> usage_timer_;  // null when nothing is measured
  pid_t pid_ = 0;
  std::size_t input_written_bytes_ = 0;
  Descriptor pidfd_;
  Descriptor stdin_;
  Descriptor stdout_;
  Descriptor stderr_;
  Descriptor events_;
  bool leader_ended_ = false;
  bool finished_ = false;
  int open_pipes_ = 2;
  std::string output_;
};

}  // namespace crewship
