// Writes a run's log lines to the store while the run goes on: a batch when enough has come, or about 100 ms after the
// first. A slow or refusing store holds up nobody: the lines wait in the collector, which is bounded. Loop thread only.
#pragma once

#include <memory>

#include <crewship/base/clock.hpp>
#include <crewship/base/task_group.hpp>
#include <crewship/domain/run.hpp>
#include <crewship/store/store.hpp>

#include "log_collector.hpp"

namespace crewship {

class LogWriter {
 public:
  // `tasks` is joined before this goes; `collector` outlives it.
  LogWriter(Executor executor, Store& store, Clock& clock, TaskGroup& tasks, RunId run, LogCollector& collector);

  // After something was given to the collector.
  void lines_came();
  // No batch is begun from now on; joining `tasks` waits for the one under way. What is left stays in the collector.
  void stop();

 private:
  Task<void> write_batches();

  Executor executor_;
  Store& store_;
  Clock& clock_;
  TaskGroup& tasks_;
  RunId run_;
  LogCollector& collector_;
  std::unique_ptr<Timer> timer_;
  bool writing_ = false;
  bool stopping_ = false;
  bool refused_ = false;  // the last batch: the next one waits its full time
};

}  // namespace crewship
