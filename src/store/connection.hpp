// The two connections to the file: the one that writes and checkpoints, and one that only reads. Each is used by one
// thread at a time. Errors are thrown as SQLite::Exception.
#pragma once

#include <filesystem>

#include <SQLiteCpp/Database.h>

#include <crewship/base/error.hpp>

namespace crewship {

// How long a connection waits for another program that has the file.
inline constexpr int busy_timeout_ms = 5000;

// Creates the file when there is none. Does not write to an existing one.
SQLite::Database open_writing_connection(const std::filesystem::path& file);
// Write-ahead logging, every commit synced, no automatic checkpoint (the writer's thread decides when).
Result<> prepare_for_writing(SQLite::Database& database);

SQLite::Database open_reading_connection(const std::filesystem::path& file);

}  // namespace crewship
