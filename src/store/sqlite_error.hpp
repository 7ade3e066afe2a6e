// What an error of SQLite means to callers and to the store itself, decided by the extended code, never by text.
#pragma once

#include <sqlite3.h>

#include <SQLiteCpp/Exception.h>

#include <crewship/base/error.hpp>

namespace crewship {

struct StorageProblem {
  Error error;         // "storage_full", "storage_busy" or "storage_failed"
  bool final = false;  // what is in the file can no longer be trusted, so nothing may be acknowledged any more
};

// `connection` tells which errno was behind it.
StorageProblem storage_problem(const SQLite::Exception& exception, sqlite3* connection);
StorageProblem storage_problem(int extended_code, int system_errno);

// For jobs that end with an exception that is not SQLite's, and for what comes after a final problem.
Error storage_failed();
Error storage_busy();

}  // namespace crewship
