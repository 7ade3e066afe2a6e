// Pages of runs, newest first. Each combination of deployment, environment and status has its own stretch of an index
// in the order of ids, so a filter that is left open is a merge of the few stretches it covers, and no page ever scans.
#include <array>

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

std::vector<std::string> all_runs(Tx& tx, const std::string& before, std::size_t limit) {
  std::vector<std::string> ids;
  Query rows = tx.select("SELECT id FROM runs WHERE id < ? ORDER BY id DESC LIMIT ?", before, limit);
  while (rows.next()) ids.push_back(rows.text(0));
  return ids;
}

// There are never more open runs than run slots, but for a moment after a crash.
void add_open_runs(Tx& tx, const RunFilter& filter, const std::string& before, std::size_t limit,
                   std::vector<std::string>& ids) {
  const auto environment = filter.environment.transform([](Environment e) { return to_string(e); });
  const auto status = filter.status.transform([](RunStatus s) { return to_string(s); });
  Query rows = tx.select(
      "SELECT id FROM runs INDEXED BY runs_open WHERE completed_at IS NULL AND id < ?1 AND (?2 IS NULL OR "
      "deployment_id = ?2) "
      "AND (?3 IS NULL OR environment = ?3) AND (?4 IS NULL OR status = ?4) ORDER BY id DESC LIMIT ?5",
      before, filter.deployment_id, environment, status, limit);
  while (rows.next()) ids.push_back(rows.text(0));
}

void add_ended_runs(Tx& tx, const RunFilter& filter, Environment environment, RunStatus status,
                    const std::string& before, std::size_t limit, std::vector<std::string>& ids) {
  if (filter.deployment_id) {
    Query rows = tx.select(
        "SELECT id FROM runs INDEXED BY runs_ended_of_deployment WHERE completed_at IS NOT NULL AND deployment_id = ? "
        "AND environment = ? AND status = ? AND id < ? ORDER BY id DESC LIMIT ?",
        *filter.deployment_id, to_string(environment), to_string(status), before, limit);
    while (rows.next()) ids.push_back(rows.text(0));
  } else {
    Query rows = tx.select(
        "SELECT id FROM runs INDEXED BY runs_ended WHERE completed_at IS NOT NULL AND environment = ? AND status = ? "
        "AND id < ? ORDER BY id DESC LIMIT ?",
        to_string(environment), to_string(status), before, limit);
    while (rows.next()) ids.push_back(rows.text(0));
  }
}

std::vector<std::string> matching_runs(Tx& tx, const RunFilter& filter, const std::string& before, std::size_t limit) {
  if (!filter.deployment_id && !filter.environment && !filter.status) return all_runs(tx, before, limit);
  std::vector<std::string> ids;
  if (!filter.status || !is_terminal(*filter.status)) add_open_runs(tx, filter, before, limit, ids);
  for (const Environment environment : environments) {
    if (filter.environment.value_or(environment) != environment) continue;
    for (const RunStatus status : ends) {
      if (filter.status.value_or(status) != status) continue;
      add_ended_runs(tx, filter, environment, status, before, limit, ids);
    }
  }
  return newest(std::move(ids), limit);
}

}  // namespace

Page<Run> list_runs(Tx& tx, const RunFilter& filter, const PageRequest& page) {
  Page<Run> result;
  std::size_t bytes = 0;
  for (const std::string& id : matching_runs(tx, filter, first_of_page(page), page.limit + 1)) {
    if (result.rows.size() == page.limit || bytes > max_page_bytes) {
      result.next = result.rows.back().id.text();
      break;
    }
    result.rows.push_back(*read_run(tx, id));
    bytes += result.rows.back().input.size() + result.rows.back().output.value_or("").size();
  }
  return result;
}

}  // namespace crewship
