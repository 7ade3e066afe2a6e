#include "run_journal.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <crewship/domain/json.hpp>

#include "event_line.hpp"

namespace crewship {
namespace {

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

// At most `limit` bytes of the line, not ending inside a character, with a sign that there was more.
std::string cut(std::string_view line, std::size_t limit) {
  if (line.size() <= limit) return std::string(line);
  auto end = limit;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
  return std::string(line.substr(0, end)) + "…";
}

std::string counted(std::size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

}  // namespace

RunJournal::RunJournal(JournalLimits limits, const Clock& clock)
    : limits_(limits), clock_(clock), log_lines_(limits.log_line_bytes), event_lines_(limits.event_line_bytes) {}

void RunJournal::feed_log(std::string_view bytes) {
  log_lines_.feed(bytes, [this](std::string_view line) { add_log_line(line); });
}

void RunJournal::feed_events(std::string_view bytes) {
  event_lines_.feed(bytes, [this](std::string_view line) { add_event_line(line); });
}

void RunJournal::add_log_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!is_blank(line)) last_line_ = line.substr(0, limits_.log_line_bytes);
  log("info", line);
}

void RunJournal::log(std::string level, std::string_view message) {
  if (log_full_) return;
  // Before the line is copied: what is dropped must stay cheap.
  const auto expected = std::min(message.size(), limits_.log_line_bytes) + overhead_bytes;
  if (log_bytes_ + expected > limits_.log_bytes) {
    log_full_ = true;
    note("the log exceeds " + std::to_string(limits_.log_bytes) + " bytes; the rest of it is dropped");
    return;
  }
  if (!has_room_for(expected)) {
    ++dropped_lines_;
    return;
  }
  confess_dropped();
  auto text = cut(message, limits_.log_line_bytes);
  log_bytes_ += expected;
  push(std::string(log_event), std::move(level), valid_utf8(text) ? std::move(text) : replace_invalid_utf8(text));
}

void RunJournal::add_event_line(std::string_view line) {
  if (events_full_ || is_blank(line)) return;
  const auto expected = line.size() + overhead_bytes;
  if (line.size() > limits_.event_line_bytes) {
    refuse_event("it is longer than " + std::to_string(limits_.event_line_bytes) + " bytes");
    return;
  }
  // Before the line is parsed: what is dropped must stay cheap.
  if (events_bytes_ + expected > limits_.events_bytes) {
    events_full_ = true;
    note("the events exceed " + std::to_string(limits_.events_bytes) + " bytes; the rest of them is dropped");
    return;
  }
  if (!has_room_for(expected)) {
    ++dropped_events_;
    return;
  }
  auto event = parse_event_line(line);
  if (!event) {
    refuse_event(event.error());
    return;
  }
  if (event->type == log_event) {
    auto logged = parse_log_data(event->data);
    if (!logged) {
      refuse_event(logged.error());
    } else {
      log(std::move(logged->level), logged->message);
    }
    return;
  }
  confess_dropped();
  events_bytes_ += expected;
  push(std::move(event->type), {}, std::move(event->data));
}

void RunJournal::refuse_event(const std::string& reason) {
  if (++refused_events_ == 1) note("an event was dropped: " + reason);
}

void RunJournal::finish() {
  log_lines_.finish([this](std::string_view line) { add_log_line(line); });
  event_lines_.finish([this](std::string_view line) { add_event_line(line); });
  if (refused_events_ > 1) note(counted(refused_events_, "line") + " dropped that were no events");
  confess_dropped();
}

void RunJournal::note(std::string message) {
  confess_dropped();
  push(std::string(log_event), "warning", std::move(message));
}

void RunJournal::confess_dropped() {
  constexpr std::string_view reason = " dropped: they came faster than they could be stored";
  if (const auto lines = std::exchange(dropped_lines_, 0)) note(counted(lines, "line").append(reason));
  if (const auto events = std::exchange(dropped_events_, 0)) note(counted(events, "event").append(reason));
}

void RunJournal::push(std::string type, std::string level, std::string text) {
  const auto& event = waiting_.emplace_back(RunEvent{.number = next_number_++,
                                                     .timestamp = clock_.now(),
                                                     .type = std::move(type),
                                                     .level = std::move(level),
                                                     .text = std::move(text)});
  waiting_bytes_ += cost(event);
}

std::vector<RunEvent> RunJournal::take(std::size_t max_bytes) {
  std::size_t bytes = 0;
  auto end = waiting_.begin();
  while (end != waiting_.end() && bytes < max_bytes) bytes += cost(*end++);
  waiting_bytes_ -= bytes;
  std::vector<RunEvent> taken(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  return taken;
}

void RunJournal::put_back(std::vector<RunEvent> events) {
  for (const auto& event : events) waiting_bytes_ += cost(event);
  waiting_.insert(waiting_.begin(), std::make_move_iterator(events.begin()), std::make_move_iterator(events.end()));
}

}  // namespace crewship
