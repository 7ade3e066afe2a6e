#include <crewship/store/runs.hpp>

#include "rows.hpp"
#include "tx.hpp"

namespace crewship {

void insert_log_lines(Tx& tx, const RunId& run, std::span<const LogLine> lines) {
  for (const LogLine& line : lines) {
    tx.execute("INSERT INTO run_log_lines(run_id, line, logged_at, level, message) VALUES(?, ?, ?, ?, ?)", run, line.id,
               line.timestamp, line.level, line.message);
  }
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
