#include "journal_writer.hpp"

#include <crewship/base/log.hpp>

namespace crewship {
namespace {

constexpr auto batch_interval = std::chrono::milliseconds(100);
constexpr std::size_t early_batch_bytes = 65536;
constexpr std::size_t max_batch_bytes = 262144;

}  // namespace

JournalWriter::JournalWriter(Executor executor, Store& store, Clock& clock, RunFeeds& feeds, TaskGroup& tasks,
                             RunId run, RunJournal& journal)
    : executor_(std::move(executor)),
      store_(store),
      clock_(clock),
      feeds_(feeds),
      tasks_(tasks),
      run_(std::move(run)),
      journal_(journal) {}

void JournalWriter::something_came() {
  if (stopping_ || journal_.empty()) return;
  if (!writing_) {
    writing_ = true;
    timer_ = clock_.make_timer(executor_);
    tasks_.spawn("write journal", write_batches());
  }
  if (!refused_ && journal_.waiting_bytes() >= early_batch_bytes) timer_->wake();
}

void JournalWriter::stop() {
  stopping_ = true;
  if (timer_) timer_->wake();
}

Task<void> JournalWriter::write_batches() {
  while (!stopping_ && !journal_.empty()) {
    co_await timer_->wait(batch_interval);
    if (stopping_) break;
    auto batch = journal_.take(max_batch_bytes);
    const auto write = [this, &batch](Tx& tx) -> Result<> {
      insert_run_events(tx, run_, batch);
      return {};
    };
    const auto written = co_await store_.write(write);
    refused_ = !written;
    if (refused_) {
      log_warning("log lines not written yet",
                  {{"run_id", run_}, {"lines", batch.size()}, {"error", written.error().message}});
      journal_.put_back(std::move(batch));
    } else {
      feeds_.wrote(run_, batch);
    }
  }
  writing_ = false;
}

}  // namespace crewship
