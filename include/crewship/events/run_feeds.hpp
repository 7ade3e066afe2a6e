// Who watches runs, and what they get: each event rendered once, whoever many look at it. Events are on disk before
// they are shown, so a watcher who comes back after a crash finds nothing other than what was seen. A watcher takes
// what is new from memory, which is bounded for each watched run; one who fell behind, or came late, reads the store.
// Nothing is kept of runs that nobody watches. Loop thread; owned by App; outlives the runs and all watches.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <crewship/base/clock.hpp>
#include <crewship/base/error.hpp>
#include <crewship/base/task_group.hpp>
#include <crewship/domain/run.hpp>
#include <crewship/store/run_events.hpp>
#include <crewship/store/store.hpp>

namespace crewship {

struct EventBlock;

enum class FeedFormat {
  events,        // server-sent events
  timed_events,  // with the time of each
  log_text,      // the log's lines as they are
};

// Bytes that belong to a watch's next answer; they live as long as this does.
struct FeedPiece {
  std::shared_ptr<const EventBlock> block{};
  std::string_view bytes{};
  bool end = false;  // nothing comes after it
};

class RunFeeds {
 public:
  RunFeeds(Executor executor, Store& store, Clock& clock, std::size_t buffer_bytes,
           TaskGroup::FailureHandler on_failure);
  ~RunFeeds();

  // What the run's task says, each after its commit.
  void started(const Run& run);
  void wrote(const RunId& run, std::span<const RunEvent> events);
  // `number` is the next after the run's last event.
  void ended(const Run& run, std::int64_t number);

  // Ends all watches, those that are yet to come included. Returns when nothing is being read any more.
  Task<void> close();
  std::size_t watches() const;

 private:
  friend class RunWatch;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// One watcher of one run; ended by destroying it.
class RunWatch {
 public:
  // Begins behind event `after`. Without it: with the run's first event, or, when the run has ended before open(), with
  // the end alone if `only_end_of_ended`.
  RunWatch(RunFeeds& feeds, RunId run, FeedFormat format, std::optional<std::int64_t> after, bool only_end_of_ended);
  ~RunWatch();
  RunWatch(const RunWatch&) = delete;
  RunWatch& operator=(const RunWatch&) = delete;

  // First; not_found when there is no such run, or the store's error.
  Task<Result<>> open();
  // What comes next, or an empty piece when nothing came for `patience`. The store's error ends the watch.
  Task<Result<FeedPiece>> next(std::chrono::nanoseconds patience);

 private:
  struct Feed;
  friend struct RunFeeds::Impl;
  std::optional<FeedPiece> take_recent(bool nothing_before);
  FeedPiece take(std::shared_ptr<const EventBlock> block);

  std::shared_ptr<RunFeeds::Impl> feeds_;
  std::shared_ptr<Feed> feed_;
  std::unique_ptr<Timer> timer_;
  std::int64_t position_ = 0;  // the last event that was given
  bool only_end_of_ended_ = false;
  bool must_read_ = true;  // nothing is known of what came before the watch
};

}  // namespace crewship
