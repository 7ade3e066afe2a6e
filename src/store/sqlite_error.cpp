#include "sqlite_error.hpp"

#include <cerrno>

namespace crewship {
namespace {

Error unavailable(std::string code, std::string message, std::chrono::seconds retry_after) {
  return Error{ErrorKind::unavailable, std::move(code), std::move(message), {}, {}, retry_after};
}

Error storage_full() {
  return unavailable("storage_full", "The disk is full. Free some space and try again.", std::chrono::seconds(5));
}

bool disk_is_full(int extended_code, int system_errno) {
  switch (extended_code) {
    case SQLITE_IOERR_SHMSIZE:  // the shared memory file could not grow
      return true;
    case SQLITE_IOERR_WRITE:
    case SQLITE_IOERR_TRUNCATE:
      return system_errno == ENOSPC || system_errno == EDQUOT;
    default:
      return (extended_code & 0xff) == SQLITE_FULL;
  }
}

bool is_final(int extended_code) {
  switch (extended_code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return true;
    case SQLITE_READONLY:
      return extended_code == SQLITE_READONLY_DBMOVED;  // somebody took the file away under us
    case SQLITE_IOERR:
      return extended_code != SQLITE_IOERR_NOMEM;
    default:
      return false;
  }
}

}  // namespace

Error storage_failed() {
  return Error{
      ErrorKind::internal, "storage_failed", "The database could not do this. See the log of the server.", {}, {}, {}};
}

Error storage_busy() {
  return unavailable("storage_busy", "The database has too much to do. Try again.", std::chrono::seconds(1));
}

StorageProblem storage_problem(int extended_code, int system_errno) {
  if (disk_is_full(extended_code, system_errno)) return {storage_full(), false};
  const int primary = extended_code & 0xff;
  if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED) return {storage_busy(), false};
  return {storage_failed(), is_final(extended_code)};
}

StorageProblem storage_problem(const SQLite::Exception& exception, sqlite3* connection) {
  return storage_problem(exception.getExtendedErrorCode(), sqlite3_system_errno(connection));
}

}  // namespace crewship
