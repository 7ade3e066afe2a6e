// Pages of runs, newest first. Each combination of deployment, environment and status has its own stretch of an index
// in the order of numbers, so a filter that is left open is a merge of the few stretches it covers, and no page ever
// scans.
#include <array>
#include <limits>

#include <crewship/store/runs.hpp>

#include "rows.hpp"
#include "run_rows.hpp"
#include "tx.hpp"

namespace crewship {
namespace {

// A page of large payloads ends early; the cursor goes on from there.
constexpr std::size_t max_page_bytes = 4 * 1024 * 1024;

constexpr std::array environments{Environment::production, Environment::staging};
constexpr std::array ends{RunStatus::succeeded, RunStatus::failed, RunStatus::canceled};

// Runs with this number and greater ones are not on the page. The cursor is the id of the last run given, which may be
// gone since.
std::int64_t end_of_page(Tx& tx, const PageRequest& page) {
  if (!page.after) return std::numeric_limits<std::int64_t>::max();
  Query row = tx.select(
      "SELECT coalesce((SELECT number FROM runs WHERE id = ?1), "
      "(SELECT number + 1 FROM runs WHERE id < ?1 ORDER BY id DESC LIMIT 1), 0)",
      *page.after);
  row.next();
  return row.integer(0);
}

void add_numbers(Query rows, std::vector<std::int64_t>& numbers) {
  while (rows.next()) numbers.push_back(rows.integer(0));
}

// There are never more open runs than run slots, but for a moment after a crash.
void add_open_runs(Tx& tx, const RunFilter& filter, std::int64_t before, std::size_t limit,
                   std::vector<std::int64_t>& numbers) {
  const auto environment = filter.environment.transform([](Environment e) { return to_string(e); });
  const auto status = filter.status.transform([](RunStatus s) { return to_string(s); });
  add_numbers(tx.select("SELECT number FROM runs INDEXED BY runs_open WHERE completed_at IS NULL AND number < ?1 AND "
                        "(?2 IS NULL OR deployment_id = ?2) AND (?3 IS NULL OR environment = ?3) AND "
                        "(?4 IS NULL OR status = ?4) ORDER BY number DESC LIMIT ?5",
                        before, filter.deployment_id, environment, status, limit),
              numbers);
}

void add_ended_runs(Tx& tx, const RunFilter& filter, Environment environment, RunStatus status, std::int64_t before,
                    std::size_t limit, std::vector<std::int64_t>& numbers) {
  const std::string_view environment_name = to_string(environment);
  const std::string_view status_name = to_string(status);
  if (filter.deployment_id) {
    add_numbers(
        tx.select("SELECT number FROM runs INDEXED BY runs_ended_of_deployment WHERE ended_of_deployment_list = "
                  "(SELECT number FROM run_lists WHERE owner_id = ? AND environment = ? AND status = ?) "
                  "AND number < ? ORDER BY number DESC LIMIT ?",
                  *filter.deployment_id, environment_name, status_name, before, limit),
        numbers);
  } else {
    add_numbers(tx.select("SELECT number FROM runs INDEXED BY runs_ended WHERE ended_list = "
                          "(SELECT number FROM run_lists WHERE owner_id = '' AND environment = ? AND status = ?) "
                          "AND number < ? ORDER BY number DESC LIMIT ?",
                          environment_name, status_name, before, limit),
                numbers);
  }
}

// The newest that match, `limit` at most.
std::vector<std::int64_t> matching_runs(Tx& tx, const RunFilter& filter, std::int64_t before, std::size_t limit) {
  std::vector<std::int64_t> numbers;
  if (!filter.deployment_id && !filter.environment && !filter.status) {
    add_numbers(tx.select("SELECT number FROM runs WHERE number < ? ORDER BY number DESC LIMIT ?", before, limit),
                numbers);
    return numbers;
  }
  if (!filter.status || !is_terminal(*filter.status)) add_open_runs(tx, filter, before, limit, numbers);
  for (const Environment environment : environments) {
    if (filter.environment.value_or(environment) != environment) continue;
    for (const RunStatus status : ends) {
      if (filter.status.value_or(status) != status) continue;
      add_ended_runs(tx, filter, environment, status, before, limit, numbers);
    }
  }
  return newest(std::move(numbers), limit);
}

}  // namespace

Page<Run> list_runs(Tx& tx, const RunFilter& filter, const PageRequest& page) {
  Page<Run> result;
  std::size_t bytes = 0;
  for (const std::int64_t number : matching_runs(tx, filter, end_of_page(tx, page), page.limit + 1)) {
    if (result.rows.size() == page.limit || bytes > max_page_bytes) {
      result.next = result.rows.back().id.text();
      break;
    }
    result.rows.push_back(*read_run(tx, number));
    bytes += result.rows.back().input.size() + result.rows.back().output.value_or("").size();
  }
  return result;
}

}  // namespace crewship
