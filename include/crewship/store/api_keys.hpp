// API keys: only a SHA-256 is kept; the key itself is shown once, when made.
#pragma once

#include <crewship/domain/model.hpp>
#include <crewship/store/page.hpp>
#include <crewship/store/store.hpp>

namespace crewship {

void insert_api_key(Tx& tx, const ApiKey& key, std::string_view key_sha256);
std::optional<ApiKey> find_api_key_by_hash(Tx& tx, std::string_view key_sha256);
Page<ApiKey> list_api_keys(Tx& tx, const PageRequest& page);
enum class DeleteApiKeyResult { deleted, not_found, last_one };
DeleteApiKeyResult delete_api_key(Tx& tx, const ApiKeyId& id);
std::int64_t count_api_keys(Tx& tx);
// At most once a minute for a key, so that reading does not become writing.
void touch_api_key(Tx& tx, const ApiKeyId& id, WallTime now);

}  // namespace crewship
