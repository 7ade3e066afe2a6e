// Deleting what is old, in small steps, so that no step holds up what waits behind it.
#include <crewship/store/deliveries.hpp>
#include <crewship/store/runs.hpp>

#include "tx.hpp"

namespace crewship {

std::size_t delete_old_deliveries(Tx& tx, WallTime before, std::size_t limit) {
  std::vector<DeliveryId> old;
  for (Query rows = tx.select("SELECT id FROM deliveries INDEXED BY deliveries_by_end WHERE completed_at < ? ORDER BY "
                              "completed_at LIMIT ?",
                              before, limit);
       rows.next();) {
    old.push_back(rows.id<DeliveryId>(0));
  }
  for (const DeliveryId& id : old) {
    tx.execute("DELETE FROM attempts WHERE delivery_id = ?", id);
    tx.execute("DELETE FROM delivery_bodies WHERE delivery_id = ?", id);
    tx.execute("DELETE FROM deliveries WHERE id = ?", id);
  }
  return old.size();
}

std::size_t delete_old_runs(Tx& tx, WallTime before, std::size_t limit) {
  std::vector<std::pair<std::int64_t, RunId>> old;
  for (Query rows =
           tx.select("SELECT number, id FROM runs INDEXED BY runs_by_end WHERE completed_at < ? AND NOT EXISTS ("
                     "  SELECT 1 FROM deliveries INDEXED BY deliveries_of_run WHERE run_id = runs.id "
                     "AND status = 'pending') "
                     "ORDER BY completed_at LIMIT ?",
                     before, limit);
       rows.next();) {
    old.emplace_back(rows.integer(0), rows.id<RunId>(1));
  }
  std::size_t deleted = 0;
  for (const auto& [number, id] : old) {
    // A run may have many more log lines and events than a step should delete: they go first, and the run when none is
    // left.
    deleted +=
        static_cast<std::size_t>(tx.execute("DELETE FROM run_log_lines WHERE run_id = ?1 AND line IN "
                                            "(SELECT line FROM run_log_lines WHERE run_id = ?1 ORDER BY line LIMIT ?2)",
                                            id, limit - deleted));
    if (deleted == limit) break;
    deleted += static_cast<std::size_t>(
        tx.execute("DELETE FROM run_events WHERE run_id = ?1 AND number IN "
                   "(SELECT number FROM run_events WHERE run_id = ?1 ORDER BY number LIMIT ?2)",
                   id, limit - deleted));
    if (deleted == limit) break;
    delete_idempotency_records_of_run(tx, id);
    tx.execute("DELETE FROM run_inputs WHERE run_number = ?", number);
    tx.execute("DELETE FROM runs WHERE number = ?", number);
    if (++deleted == limit) break;
  }
  return deleted;
}

}  // namespace crewship
