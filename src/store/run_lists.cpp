#include "run_lists.hpp"

#include <string>
#include <string_view>

#include "remembered.hpp"
#include "tx.hpp"

namespace crewship {
namespace {

std::int64_t find_or_insert(Tx& tx, std::string_view owner, std::string_view environment, std::string_view status) {
  {
    Query row = tx.select("SELECT number FROM run_lists WHERE owner_id = ? AND environment = ? AND status = ?", owner,
                          environment, status);
    if (row.next()) return row.integer(0);
  }
  Query row = tx.select("INSERT INTO run_lists(owner_id, environment, status) VALUES(?, ?, ?) RETURNING number", owner,
                        environment, status);
  row.next();
  return row.integer(0);
}

std::int64_t list_number(Tx& tx, std::string_view owner, std::string_view environment, std::string_view status) {
  Remembered* const memory = tx.memory();
  if (memory == nullptr) return find_or_insert(tx, owner, environment, status);
  auto& lists = memory->run_lists;
  if (const auto found = lists.find(std::tuple(owner, environment, status)); found != lists.end()) return found->second;
  const std::int64_t number = find_or_insert(tx, owner, environment, status);
  if (lists.size() >= max_remembered_rows) lists.clear();
  lists.emplace(std::tuple(owner, environment, status), number);
  return number;
}

}  // namespace

RunLists lists_of(Tx& tx, const Run& run) {
  RunLists lists;
  if (run.incoming_webhook_id) lists.webhook = list_number(tx, run.incoming_webhook_id->text(), "", "");
  if (run.completed_at) {
    const std::string_view environment = to_string(run.environment);
    const std::string_view status = to_string(run.status);
    lists.ended = list_number(tx, "", environment, status);
    lists.ended_of_deployment = list_number(tx, run.deployment_id.text(), environment, status);
  }
  return lists;
}

}  // namespace crewship
