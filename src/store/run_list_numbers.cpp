#include "run_list_numbers.hpp"

#include <optional>
#include <string_view>
#include <tuple>

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
  return *remembered(tx, &Remembered::run_lists, std::tuple(owner, environment, status),
                     [&] { return std::optional(find_or_insert(tx, owner, environment, status)); });
}

}  // namespace

RunListNumbers list_numbers(Tx& tx, const Run& run) {
  RunListNumbers numbers;
  if (run.incoming_webhook_id) numbers.webhook = list_number(tx, run.incoming_webhook_id->text(), "", "");
  if (run.completed_at) {
    const std::string_view environment = to_string(run.environment);
    const std::string_view status = to_string(run.status);
    numbers.ended = list_number(tx, "", environment, status);
    numbers.ended_of_deployment = list_number(tx, run.deployment_id.text(), environment, status);
  }
  return numbers;
}

}  // namespace crewship
