// Some consecutive events of one run, rendered for one kind of watcher; shared by all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <crewship/domain/run.hpp>
#include <crewship/events/run_feeds.hpp>
#include <crewship/store/run_events.hpp>

namespace crewship {

struct EventBlock {
  struct Start {
    std::int64_t number;
    std::size_t offset;
  };
  std::string bytes;
  std::vector<Start> starts;  // of each event
  bool ends = false;          // its last event is the last of all

  std::int64_t first() const { return starts.front().number; }
  std::int64_t last() const { return starts.back().number; }
  // Without the events up to `number`. The last of all is never left out: it is what tells a watcher to go.
  std::string_view behind(std::int64_t number) const;
};

class BlockWriter {
 public:
  explicit BlockWriter(FeedFormat format) : format_(format) {}

  void add_start(WallTime started_at);
  void add(const RunEvent& event);
  // How a run ended, as number and number + 1.
  void add_end(const RunProgress& ended, std::int64_t number);
  bool empty() const { return block_->starts.empty(); }
  std::size_t bytes() const { return block_->bytes.size(); }
  std::shared_ptr<const EventBlock> take();

 private:
  void add_frame(std::int64_t number, std::string_view type, std::string_view data, WallTime at);

  FeedFormat format_;
  std::shared_ptr<EventBlock> block_ = std::make_shared<EventBlock>();
};

}  // namespace crewship
