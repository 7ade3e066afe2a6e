// Sessions of the console: who signed in with which API key. Only a SHA-256 of the cookie is kept; a session ends with
// its key.
#pragma once

#include <crewship/domain/model.hpp>
#include <crewship/store/store.hpp>

namespace crewship {

struct Session {
  ApiKeyId api_key_id;
  WallTime created_at;
  WallTime expires_at;
};

void insert_session(Tx& tx, std::string_view cookie_sha256, const Session& session);
// Not one that has expired.
std::optional<Session> find_session(Tx& tx, std::string_view cookie_sha256, WallTime now);
void extend_session(Tx& tx, std::string_view cookie_sha256, WallTime expires_at);
bool delete_session(Tx& tx, std::string_view cookie_sha256);
void delete_expired_sessions(Tx& tx, WallTime now);

}  // namespace crewship
