#include <crewship/events/run_feeds.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <limits>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "event_block.hpp"

namespace crewship {
namespace {

// What one read of the store brings, and how large a block of new events may get: a watcher who does not read holds on
// to one of them.
constexpr std::size_t block_bytes = 65536;
constexpr std::array formats{FeedFormat::events, FeedFormat::timed_events, FeedFormat::log_text};

struct Page {
  std::shared_ptr<const EventBlock> block;  // null when there is nothing
  bool more = false;
};

Result<Page> read_page(Tx& tx, const RunId& run, FeedFormat format, std::int64_t after) {
  const auto progress = find_run_progress(tx, run);
  if (!progress) return fail(ErrorKind::not_found, "not_found", "There is no such run.");
  BlockWriter writer(format);
  if (after < run_started_number && progress->started_at) writer.add_start(*progress->started_at);
  auto events = list_run_events(tx, run, after, block_bytes);
  for (const RunEvent& event : events.events) writer.add(event);
  if (!events.more && progress->completed_at) writer.add_end(*progress, last_run_event(tx, run) + 1);
  return Page{.block = writer.empty() ? nullptr : writer.take(), .more = events.more};
}

}  // namespace

// What is known of one run for one kind of watcher, as long as somebody watches.
struct RunWatch::Feed {
  // A page of the store that is being read, or was.
  struct Reading {
    std::optional<Result<Page>> page;
  };

  Feed(RunId r, FeedFormat f) : run(std::move(r)), format(f) {}

  void add(std::shared_ptr<const EventBlock> block, std::size_t limit) {
    recent_bytes += block->bytes.size();
    recent.push_back(std::move(block));
    while (recent_bytes > limit && recent.size() > 1) {
      recent_bytes -= recent.front()->bytes.size();
      recent.pop_front();
    }
    wake();
  }
  void wake() const {
    for (Timer* watcher : watchers) watcher->wake();
  }
  // Whole pages never change; they are kept for others who come the same way.
  void keep(std::int64_t after, std::shared_ptr<Reading> reading, std::size_t limit) {
    if (watchers.size() < 2 || !*reading->page || !(*reading->page)->more) return;
    kept_bytes += (*reading->page)->block->bytes.size();
    kept.emplace_back(after, std::move(reading));
    while (kept_bytes > limit) {
      kept_bytes -= (*kept.front().second->page)->block->bytes.size();
      kept.pop_front();
    }
  }

  RunId run;
  FeedFormat format;
  std::deque<std::shared_ptr<const EventBlock>> recent;  // the newest, without a gap
  std::size_t recent_bytes = 0;
  std::map<std::int64_t, std::shared_ptr<Reading>> under_way;
  std::deque<std::pair<std::int64_t, std::shared_ptr<Reading>>> kept;
  std::size_t kept_bytes = 0;
  std::vector<Timer*> watchers;
};

struct RunFeeds::Impl : std::enable_shared_from_this<RunFeeds::Impl> {
  using Feed = RunWatch::Feed;
  using Reading = Feed::Reading;

  Impl(Executor e, Store& s, Clock& c, std::size_t bytes, TaskGroup::FailureHandler on_failure)
      : executor(std::move(e)),
        store(s),
        clock(c),
        buffer_bytes(bytes),
        reading(executor, "run event pages", std::move(on_failure)) {}

  std::shared_ptr<Feed> feed(const RunId& run, FeedFormat format) {
    auto& known = feeds_of(format)[run];
    if (!known) known = std::make_shared<Feed>(run, format);
    return known;
  }
  std::unordered_map<RunId, std::shared_ptr<Feed>>& feeds_of(FeedFormat format) {
    return feeds[static_cast<std::size_t>(format)];
  }

  // Calls `render(BlockWriter&, flush)` for each kind of watcher that there is.
  template <class Render>
  void publish(const RunId& run, Render render) {
    for (const FeedFormat format : formats) {
      const auto& watched = feeds_of(format);
      if (watched.empty()) continue;
      const auto found = watched.find(run);
      if (found == watched.end()) continue;
      BlockWriter writer(format);
      render(writer, [&] {
        if (!writer.empty()) found->second->add(writer.take(), buffer_bytes);
      });
    }
  }

  // The page behind `after`: kept, being read for others already, or asked for now.
  std::shared_ptr<Reading> page(const std::shared_ptr<Feed>& feed, std::int64_t after) {
    const auto kept = std::ranges::find(feed->kept, after, [](const auto& entry) { return entry.first; });
    if (kept != feed->kept.end()) return kept->second;
    auto& under_way = feed->under_way[after];
    if (!under_way) {
      under_way = std::make_shared<Reading>();
      reading.spawn("read run events", read(feed, after, under_way));
    }
    return under_way;
  }

  Task<void> read(std::shared_ptr<Feed> feed, std::int64_t after, std::shared_ptr<Reading> result) {
    const auto job = [&feed, after](Tx& tx) { return read_page(tx, feed->run, feed->format, after); };
    result->page = co_await store.read(job);
    feed->under_way.erase(after);
    feed->keep(after, std::move(result), buffer_bytes);
    feed->wake();
  }

  Executor executor;
  Store& store;
  Clock& clock;
  std::size_t buffer_bytes;
  std::array<std::unordered_map<RunId, std::shared_ptr<Feed>>, formats.size()> feeds;
  bool closed = false;
  TaskGroup reading;
};

RunFeeds::RunFeeds(Executor executor, Store& store, Clock& clock, std::size_t buffer_bytes,
                   TaskGroup::FailureHandler on_failure)
    : impl_(std::make_shared<Impl>(std::move(executor), store, clock, buffer_bytes, std::move(on_failure))) {}

RunFeeds::~RunFeeds() = default;

void RunFeeds::started(const Run& run) {
  impl_->publish(run.id, [&run](BlockWriter& writer, auto flush) {
    writer.add_start(run.started_at.value());
    flush();
  });
}

void RunFeeds::wrote(const RunId& run, std::span<const RunEvent> events) {
  impl_->publish(run, [events](BlockWriter& writer, auto flush) {
    for (const RunEvent& event : events) {
      writer.add(event);
      if (writer.bytes() >= block_bytes) flush();
    }
    flush();
  });
}

void RunFeeds::ended(const Run& run, std::int64_t number) {
  const RunProgress progress{.status = run.status,
                             .started_at = run.started_at,
                             .completed_at = run.completed_at,
                             .error_message = run.error_message};
  impl_->publish(run.id, [&progress, number](BlockWriter& writer, auto flush) {
    writer.add_end(progress, number);
    flush();
  });
}

Task<void> RunFeeds::close() {
  impl_->closed = true;
  for (const auto& watched : impl_->feeds) {
    for (const auto& [run, feed] : watched) feed->wake();
  }
  co_await impl_->reading.join();
}

std::size_t RunFeeds::watches() const {
  std::size_t count = 0;
  for (const auto& watched : impl_->feeds) {
    for (const auto& [run, feed] : watched) count += feed->watchers.size();
  }
  return count;
}

RunWatch::RunWatch(RunFeeds& feeds, RunId run, FeedFormat format, std::optional<std::int64_t> after,
                   bool only_end_of_ended)
    : feeds_(feeds.impl_),
      feed_(feeds_->feed(run, format)),
      timer_(feeds_->clock.make_timer(feeds_->executor)),
      position_(after.value_or(0)),
      only_end_of_ended_(only_end_of_ended && !after) {
  feed_->watchers.push_back(timer_.get());
}

RunWatch::~RunWatch() {
  std::erase(feed_->watchers, timer_.get());
  if (feed_->watchers.empty()) feeds_->feeds_of(feed_->format).erase(feed_->run);
}

Task<Result<>> RunWatch::open() {
  const auto look = [this](Tx& tx) -> Result<RunProgress> {
    if (auto progress = find_run_progress(tx, feed_->run)) return *std::move(progress);
    return fail(ErrorKind::not_found, "not_found", "There is no such run.");
  };
  const auto progress = co_await feeds_->store.read(look);
  if (!progress) co_return std::unexpected(progress.error());
  if (only_end_of_ended_ && progress->completed_at) position_ = std::numeric_limits<std::int64_t>::max();
  co_return Result<>{};
}

Task<Result<FeedPiece>> RunWatch::next(std::chrono::nanoseconds patience) {
  const auto until = feeds_->clock.steady_now() + patience;
  std::shared_ptr<Feed::Reading> reading;
  bool looked = false;  // in the store, and there was nothing
  for (;;) {
    if (feeds_->closed) co_return FeedPiece{.end = true};
    if (reading && reading->page) {
      if (!*reading->page) co_return std::unexpected(reading->page->error());
      const Page page = **std::exchange(reading, nullptr)->page;
      must_read_ = page.more;
      if (page.block) co_return take(page.block);
      looked = true;
    }
    if (!reading) {
      if (auto recent = take_recent(looked)) co_return *std::move(recent);
      if (must_read_) reading = feeds_->page(feed_, position_);
    }
    if (reading) {
      co_await timer_->wait(std::chrono::nanoseconds::max());
    } else if (const auto left = until - feeds_->clock.steady_now();
               left <= left.zero() || co_await timer_->wait(left)) {
      co_return FeedPiece{};
    }
  }
}

// The next block in memory, unless there is something before it, or nobody knows.
std::optional<FeedPiece> RunWatch::take_recent(bool nothing_before) {
  const auto& recent = feed_->recent;
  const auto next = std::ranges::partition_point(
      recent, [this](const auto& block) { return block->last() <= position_ && !block->ends; });
  if (next == recent.end()) return std::nullopt;
  if ((*next)->first() - 1 > position_ && !nothing_before) must_read_ = true;
  if (must_read_) return std::nullopt;
  return take(*next);
}

FeedPiece RunWatch::take(std::shared_ptr<const EventBlock> block) {
  FeedPiece piece{.block = block, .bytes = block->behind(position_), .end = block->ends};
  position_ = std::max(position_, block->last());
  return piece;
}

}  // namespace crewship
