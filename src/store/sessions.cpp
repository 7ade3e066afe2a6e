#include <crewship/store/sessions.hpp>

#include "tx.hpp"

namespace crewship {

void insert_session(Tx& tx, std::string_view cookie_sha256, const Session& session) {
  tx.execute("INSERT INTO sessions(cookie_sha256, api_key_id, created_at, expires_at) VALUES(?, ?, ?, ?)",
             Blob{cookie_sha256}, session.api_key_id, session.created_at, session.expires_at);
}

std::optional<Session> find_session(Tx& tx, std::string_view cookie_sha256, WallTime now) {
  Query row =
      tx.select("SELECT api_key_id, created_at, expires_at FROM sessions WHERE cookie_sha256 = ? AND expires_at > ?",
                Blob{cookie_sha256}, now);
  if (!row.next()) return std::nullopt;
  return Session{row.id<ApiKeyId>(0), row.time(1), row.time(2)};
}

void extend_session(Tx& tx, std::string_view cookie_sha256, WallTime expires_at) {
  tx.execute("UPDATE sessions SET expires_at = ? WHERE cookie_sha256 = ?", expires_at, Blob{cookie_sha256});
}

bool delete_session(Tx& tx, std::string_view cookie_sha256) {
  return tx.execute("DELETE FROM sessions WHERE cookie_sha256 = ?", Blob{cookie_sha256}) > 0;
}

void delete_expired_sessions(Tx& tx, WallTime now) { tx.execute("DELETE FROM sessions WHERE expires_at <= ?", now); }

}  // namespace crewship
