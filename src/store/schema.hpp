// The schema as numbered migrations. Each runs in a transaction of its own, is recorded in schema_migrations and
// counted in user_version, and never changes once released: a new state of the schema is a new migration.
#pragma once

#include <span>
#include <string_view>

#include <SQLiteCpp/Database.h>

#include <crewship/base/clock.hpp>
#include <crewship/base/crypto.hpp>
#include <crewship/base/error.hpp>

namespace crewship {

struct Migration {
  int version;
  std::string_view name;
  const char* sql;
  // What SQL alone cannot do; in the same transaction.
  void (*fill)(SQLite::Database& database, const Sealer& sealer) = nullptr;
};

std::span<const Migration> migrations();

// 0 for a new file. Refused: a file of another program, a schema newer than the last of `known`.
Result<int> schema_version(SQLite::Database& database, std::span<const Migration> known);
// Runs those of `known` that come after `version`; throws SQLite::Exception, with the ones before it done.
void migrate(SQLite::Database& database, std::span<const Migration> known, int version, const Sealer& sealer,
             WallTime now);

// A known text, sealed when the file was made: it opens with the right master key only.
Result<> check_master_key(SQLite::Database& database, const Sealer& sealer);

}  // namespace crewship
