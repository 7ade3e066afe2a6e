#include "log_writer.hpp"

#include <crewship/base/log.hpp>

namespace crewship {
namespace {

constexpr auto batch_interval = std::chrono::milliseconds(100);
constexpr std::size_t early_batch_bytes = 65536;
constexpr std::size_t max_batch_bytes = 262144;

}  // namespace

LogWriter::LogWriter(Executor executor, Store& store, Clock& clock, TaskGroup& tasks, RunId run,
                     LogCollector& collector)
    : executor_(std::move(executor)),
      store_(store),
      clock_(clock),
      tasks_(tasks),
      run_(std::move(run)),
      collector_(collector) {}

void LogWriter::lines_came() {
  if (stopping_ || collector_.empty()) return;
  if (!writing_) {
    writing_ = true;
    timer_ = clock_.make_timer(executor_);
    tasks_.spawn("write log", write_batches());
  }
  if (!refused_ && collector_.waiting_bytes() >= early_batch_bytes) timer_->wake();
}

void LogWriter::stop() {
  stopping_ = true;
  if (timer_) timer_->wake();
}

Task<void> LogWriter::write_batches() {
  while (!stopping_ && !collector_.empty()) {
    co_await timer_->wait(batch_interval);
    if (stopping_) break;
    auto batch = collector_.take(max_batch_bytes);
    const auto write = [this, &batch](Tx& tx) -> Result<> {
      insert_log_lines(tx, run_, batch);
      return {};
    };
    const auto written = co_await store_.write(write);
    refused_ = !written;
    if (refused_) {
      log_warning("log lines not written yet",
                  {{"run_id", run_}, {"lines", batch.size()}, {"error", written.error().message}});
      collector_.put_back(std::move(batch));
    }
  }
  writing_ = false;
}

}  // namespace crewship
