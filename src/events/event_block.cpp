#include "event_block.hpp"

#include <algorithm>
#include <utility>

#include <crewship/base/json_writer.hpp>
#include <crewship/base/time_format.hpp>
#include <crewship/events/frame.hpp>

namespace crewship {
namespace {

std::string log_data(const RunEvent& event) {
  JsonWriter json;
  json.begin_object()
      .field("level", event.level)
      .field("message", event.text)
      .field("timestamp", format_timestamp(event.timestamp))
      .end_object();
  return json.take();
}

std::string object_with(std::string_view name, std::string_view value) {
  JsonWriter json;
  json.begin_object().field(name, value).end_object();
  return json.take();
}

}  // namespace

std::string_view EventBlock::behind(std::int64_t number) const {
  const auto later = std::ranges::upper_bound(starts, number, {}, &Start::number);
  if (later != starts.end()) return std::string_view(bytes).substr(later->offset);
  return ends ? std::string_view(bytes).substr(starts.back().offset) : std::string_view();
}

void BlockWriter::add_start(WallTime started_at) {
  add_frame(run_started_number, "run.started", object_with("started_at", format_timestamp(started_at)), started_at);
}

void BlockWriter::add(const RunEvent& event) {
  if (format_ == FeedFormat::log_text) {
    block_->starts.push_back({event.number, block_->bytes.size()});
    if (event.is_log()) block_->bytes.append(event.text).append("\n");
    return;
  }
  add_frame(event.number, event.type, event.is_log() ? log_data(event) : event.text, event.timestamp);
}

void BlockWriter::add_end(const RunProgress& ended, std::int64_t number) {
  const WallTime at = ended.completed_at.value();
  if (ended.status == RunStatus::failed) {
    add_frame(number, "run.failed", object_with("error", ended.error_message.value_or("")), at);
  } else if (ended.status == RunStatus::canceled) {
    add_frame(number, "run.canceled", "{}", at);
  } else {
    add_frame(number, "run.completed", object_with("status", to_string(ended.status)), at);
  }
  add_frame(number + 1, "complete", object_with("status", to_string(ended.status)), at);
  block_->ends = true;
}

void BlockWriter::add_frame(std::int64_t number, std::string_view type, std::string_view data, WallTime at) {
  block_->starts.push_back({number, block_->bytes.size()});
  if (format_ == FeedFormat::events) append_frame(block_->bytes, number, type, data);
  if (format_ == FeedFormat::timed_events) append_timed_frame(block_->bytes, number, type, data, at);
}

std::shared_ptr<const EventBlock> BlockWriter::take() { return std::exchange(block_, std::make_shared<EventBlock>()); }

}  // namespace crewship
