#include <crewship/store/api_keys.hpp>

#include "rows.hpp"
#include "tx.hpp"

namespace crewship {
namespace {

ApiKey read_api_key(const Query& row) {
  return ApiKey{row.id<ApiKeyId>(0), row.text(1), row.time(2), row.optional_time(3)};
}

}  // namespace

void insert_api_key(Tx& tx, const ApiKey& key, std::string_view key_sha256) {
  tx.execute("INSERT INTO api_keys(id, name, key_sha256, created_at, last_used_at) VALUES(?, ?, ?, ?, ?)", key.id,
             key.name, Blob{key_sha256}, key.created_at, key.last_used_at);
}

std::optional<ApiKey> find_api_key_by_hash(Tx& tx, std::string_view key_sha256) {
  Query row =
      tx.select("SELECT id, name, created_at, last_used_at FROM api_keys WHERE key_sha256 = ?", Blob{key_sha256});
  if (!row.next()) return std::nullopt;
  return read_api_key(row);
}

Page<ApiKey> list_api_keys(Tx& tx, const PageRequest& page) {
  const std::string after = first_of_page(page);
  Query rows =
      tx.select("SELECT id, name, created_at, last_used_at FROM api_keys WHERE id < ? ORDER BY id DESC LIMIT ?", after,
                page.limit + 1);
  return read_page<ApiKey>(rows, page.limit, read_api_key, [](const ApiKey& key) { return key.id.text(); });
}

DeleteApiKeyResult delete_api_key(Tx& tx, const ApiKeyId& id) {
  if (!tx.select("SELECT 1 FROM api_keys WHERE id = ?", id).next()) return DeleteApiKeyResult::not_found;
  if (count_api_keys(tx) == 1) return DeleteApiKeyResult::last_one;
  tx.execute("DELETE FROM sessions WHERE api_key_id = ?", id);
  tx.execute("DELETE FROM api_keys WHERE id = ?", id);
  return DeleteApiKeyResult::deleted;
}

std::int64_t count_api_keys(Tx& tx) {
  Query count = tx.select("SELECT count(*) FROM api_keys");
  count.next();
  return count.integer(0);
}

void touch_api_key(Tx& tx, const ApiKeyId& id, WallTime now) {
  tx.execute("UPDATE api_keys SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at <= ?)", now,
             id, now - std::chrono::minutes(1));
}

}  // namespace crewship
