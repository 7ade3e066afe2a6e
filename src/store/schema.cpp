#include "schema.hpp"

#include <string>

#include <sqlite3.h>

#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

#include <crewship/base/log.hpp>
#include <crewship/base/time_format.hpp>

#include "schema_sql.hpp"

namespace crewship {
namespace {

constexpr int application_id = 0x63726577;  // "crew"
constexpr std::string_view key_check_place = "meta.master_key_check";
constexpr std::string_view key_check_text = "this key opens this database";

void store_key_check(SQLite::Database& database, const Sealer& sealer) {
  database.exec("PRAGMA application_id=" + std::to_string(application_id));
  const std::string sealed = sealer.seal(key_check_text, key_check_place);
  SQLite::Statement insert(database, "INSERT INTO meta(name, value) VALUES('master_key_check', ?)");
  insert.bind(1, sealed.data(), static_cast<int>(sealed.size()));
  insert.exec();
}

constexpr Migration all_migrations[] = {
    {1, "first_schema", first_schema_sql, store_key_check},
    {2, "sessions", sessions_sql},
    {3, "run_events", run_events_sql},
    {4, "traces", traces_sql},
    {5, "activity", activity_sql},
    {6, "version_limits", version_limits_sql},
    {7, "trace_context", trace_context_sql},
    {8, "delivery_queue", delivery_queue_sql},
    {9, "rowids", rowids_sql},
    {10, "run_lists", run_lists_sql},
};

}  // namespace

std::span<const Migration> migrations() { return all_migrations; }

Result<int> schema_version(SQLite::Database& database, std::span<const Migration> known) {
  const int version = database.execAndGet("PRAGMA user_version").getInt();
  const int made_by = database.execAndGet("PRAGMA application_id").getInt();
  const bool empty = database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 0;
  if (!empty && made_by != application_id) {
    return fail(ErrorKind::internal, "foreign_database",
                "The database file was not made by crewshipd. Choose another data directory.");
  }
  if (version > known.back().version) {
    return fail(ErrorKind::internal, "newer_schema",
                "The database has schema version " + std::to_string(version) +
                    ", and this program knows versions up to " + std::to_string(known.back().version) +
                    ". Start the newer crewshipd that wrote it, or restore a backup made before the upgrade.");
  }
  return version;
}

void migrate(SQLite::Database& database, std::span<const Migration> known, int version, const Sealer& sealer,
             WallTime now) {
  for (const Migration& migration : known) {
    if (migration.version <= version) continue;
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    database.exec(
        "CREATE TABLE IF NOT EXISTS schema_migrations(version INTEGER PRIMARY KEY, name TEXT NOT NULL, "
        "applied_at INTEGER NOT NULL) STRICT");
    database.exec(migration.sql);
    if (migration.fill != nullptr) migration.fill(database, sealer);
    SQLite::Statement record(database, "INSERT INTO schema_migrations(version, name, applied_at) VALUES(?, ?, ?)");
    record.bind(1, migration.version);
    record.bind(2, std::string(migration.name));
    record.bind(3, unix_milliseconds(now));
    record.exec();
    database.exec("PRAGMA user_version=" + std::to_string(migration.version));
    transaction.commit();
    log_info("schema migrated", {{"version", migration.version}, {"name", migration.name}});
  }
}

Result<> check_master_key(SQLite::Database& database, const Sealer& sealer) {
  SQLite::Statement check(database, "SELECT value FROM meta WHERE name = 'master_key_check'");
  if (check.executeStep()) {
    const Result<std::string> text = sealer.open(check.getColumn(0).getString(), key_check_place);
    if (text && *text == key_check_text) return {};
  }
  return fail(
      ErrorKind::internal, "wrong_master_key",
      "The master key is not the one this database was made with. Give the right key file (CREWSHIP_MASTER_KEY_FILE, "
      "or master.key in the data directory).");
}

}  // namespace crewship
