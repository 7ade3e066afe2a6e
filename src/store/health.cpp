#include "health.hpp"

#include <exception>

#include <SQLiteCpp/Exception.h>
#include <boost/asio/post.hpp>

#include <crewship/base/log.hpp>

#include "sqlite_error.hpp"

namespace crewship {

Error Health::report(const SQLite::Exception& exception, sqlite3* connection, std::string_view doing) {
  const StorageProblem problem = storage_problem(exception, connection);
  log_error("database error", {{"doing", doing},
                               {"error", exception.what()},
                               {"sqlite_code", exception.getExtendedErrorCode()},
                               {"errno", sqlite3_system_errno(connection)},
                               {"answer", problem.error.code}});
  if (problem.error.code == "storage_full") refusing_ = true;
  if (problem.final) fail(problem.error);
  return problem.error;
}

void Health::report_moved() {
  log_error("database file was removed or replaced while in use");
  fail(storage_failed());
}

void Health::fail(const Error& error) {
  if (failed_.exchange(true)) return;
  log_error("database cannot be trusted any more, nothing is acknowledged from now on");
  if (on_fatal_) asio::post(executor_, [on_fatal = on_fatal_, error] { on_fatal(error); });
}

void run_job(QueuedJob& job, Tx& tx, sqlite3* connection, Health& health) {
  try {
    job.error = job.run(tx);
  } catch (const SQLite::Exception& exception) {
    job.error = health.report(exception, connection, "a job");
  } catch (const std::exception& exception) {
    log_error("a database job ended with an exception", {{"error", exception.what()}});
    job.error = storage_failed();
  }
}

}  // namespace crewship
