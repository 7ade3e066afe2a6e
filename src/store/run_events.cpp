#include <crewship/store/run_events.hpp>

#include <algorithm>

#include <crewship/store/runs.hpp>

#include "rows.hpp"
#include "tx.hpp"

namespace crewship {
namespace {

// Beside its text, so that a page of empty lines ends as well.
constexpr std::size_t event_overhead_bytes = 32;

}  // namespace

void insert_run_events(Tx& tx, const RunId& run, std::span<const RunEvent> events) {
  for (const RunEvent& event : events) {
    if (event.is_log()) {
      tx.execute("INSERT INTO run_log_lines(run_id, line, logged_at, level, message) VALUES(?, ?, ?, ?, ?)", run,
                 event.number, event.timestamp, event.level, event.text);
    } else {
      tx.execute("INSERT INTO run_events(run_id, number, occurred_at, type, data) VALUES(?, ?, ?, ?, ?)", run,
                 event.number, event.timestamp, event.type, event.text);
    }
  }
}

RunEventPage list_run_events(Tx& tx, const RunId& run, std::int64_t after, std::size_t max_bytes) {
  RunEventPage page;
  std::size_t bytes = 0;
  // Both tables are kept in this order, so this is a merge.
  Query rows = tx.select(
      "SELECT line AS number, logged_at, 'log', level, message FROM run_log_lines WHERE run_id = ?1 AND line > ?2 "
      "UNION ALL "
      "SELECT number, occurred_at, type, '', data FROM run_events WHERE run_id = ?1 AND number > ?2 "
      "ORDER BY number",
      run, after);
  while (rows.next()) {
    if (bytes > max_bytes) {
      page.more = true;
      break;
    }
    page.events.push_back({.number = rows.integer(0),
                           .timestamp = rows.time(1),
                           .type = rows.text(2),
                           .level = rows.text(3),
                           .text = rows.text(4)});
    bytes += page.events.back().text.size() + event_overhead_bytes;
  }
  return page;
}

std::int64_t last_run_event(Tx& tx, const RunId& run) {
  Query row = tx.select(
      "SELECT max((SELECT coalesce(max(line), 0) FROM run_log_lines WHERE run_id = ?1), "
      "(SELECT coalesce(max(number), 0) FROM run_events WHERE run_id = ?1))",
      run);
  row.next();
  return std::max(row.integer(0), run_started_number);
}

std::optional<RunProgress> find_run_progress(Tx& tx, const RunId& run) {
  Query row = tx.select("SELECT status, started_at, completed_at, error_message FROM runs WHERE id = ?", run);
  if (!row.next()) return std::nullopt;
  return RunProgress{.status = known(parse_run_status(row.text(0))),
                     .started_at = row.optional_time(1),
                     .completed_at = row.optional_time(2),
                     .error_message = row.optional_text(3)};
}

Page<LogLine> list_log_lines(Tx& tx, const RunId& run, const PageRequest& page) {
  Query rows = tx.select(
      "SELECT line, logged_at, level, message FROM run_log_lines WHERE run_id = ? AND line > ? ORDER BY line LIMIT ?",
      run, number_of(page, 0), page.limit + 1);
  return read_page<LogLine>(
      rows, page.limit, [](const Query& row) { return LogLine{row.integer(0), row.time(1), row.text(2), row.text(3)}; },
      [](const LogLine& line) { return std::to_string(line.id); });
}

}  // namespace crewship
