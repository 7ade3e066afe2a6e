// Writes a run's journal to the store while the run goes on: a batch when enough has come, or about 100 ms after the
// first; then tells those who watch the run. A slow or refusing store holds up nobody: what comes waits in the journal,
// which is bounded. Loop thread only.
#pragma once

#include <memory>

#include <crewship/base/clock.hpp>
#include <crewship/base/task_group.hpp>
#include <crewship/domain/run.hpp>
#include <crewship/events/run_feeds.hpp>
#include <crewship/store/store.hpp>

#include "run_journal.hpp"

namespace crewship {

class JournalWriter {
 public:
  // `tasks` is joined before this goes; the others outlive it.
  JournalWriter(Executor executor, Store& store, Clock& clock, RunFeeds& feeds, TaskGroup& tasks, RunId run,
                RunJournal& journal);

  // After something was given to the journal.
  void something_came();
  // No batch is begun from now on; joining `tasks` waits for the one under way. What is left stays in the journal.
  void stop();

 private:
  Task<void> write_batches();

  Executor executor_;
  Store& store_;
  Clock& clock_;
  RunFeeds& feeds_;
  TaskGroup& tasks_;
  RunId run_;
  RunJournal& journal_;
  std::unique_ptr<Timer> timer_;
  bool writing_ = false;
  bool stopping_ = false;
  bool refused_ = false;  // the last batch: the next one waits its full time
};

}  // namespace crewship
