#include <crewship/store/runs.hpp>

#include "tx.hpp"

namespace crewship {

std::optional<IdempotencyRecord> find_idempotency_record(Tx& tx, std::string_view scope, std::string_view key,
                                                         WallTime not_before) {
  Query row = tx.select(
      "SELECT body_sha256, run_id, created_at FROM idempotency_keys WHERE scope = ? AND key = ? AND created_at >= ?",
      scope, key, not_before);
  if (!row.next()) return std::nullopt;
  return IdempotencyRecord{std::string(scope), std::string(key), row.text(0), row.id<RunId>(1), row.time(2)};
}

void insert_idempotency_record(Tx& tx, const IdempotencyRecord& record) {
  // The caller has looked: what is replaced is expired.
  tx.execute(
      "INSERT OR REPLACE INTO idempotency_keys(scope, key, body_sha256, run_id, created_at) VALUES(?, ?, ?, ?, ?)",
      record.scope, record.key, Blob{record.body_sha256}, record.run_id, record.created_at);
}

void delete_idempotency_records_of_run(Tx& tx, const RunId& run) {
  tx.execute("DELETE FROM idempotency_keys WHERE run_id = ?", run);
}

}  // namespace crewship
