#include "tx.hpp"

#include <stdexcept>

#include <SQLiteCpp/Exception.h>

namespace crewship {

Query::Query(sqlite3* connection, CachedStatement* statement)
    : connection_(connection), statement_(*statement), handle_(statement->handle.get()) {
  if (statement_.in_use) throw std::logic_error("a statement is run inside itself");
  statement_.in_use = true;
}

Query::~Query() {
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
  statement_.in_use = false;
}

void Query::check(int code) const {
  if (code != SQLITE_OK) throw SQLite::Exception(connection_, code);
}

// SQLITE_STATIC: the destructor unbinds before the caller's values go.
void Query::bind(std::string_view value) {
  // A null pointer would bind NULL instead of the empty text.
  const char* data = value.data() == nullptr ? "" : value.data();
  check(sqlite3_bind_text64(handle_, ++bound_, data, value.size(), nullptr, SQLITE_UTF8));
}

void Query::bind(Blob value) {
  const char* data = value.bytes.data() == nullptr ? "" : value.bytes.data();
  check(sqlite3_bind_blob64(handle_, ++bound_, data, value.bytes.size(), nullptr));
}

void Query::bind(std::int64_t value) { check(sqlite3_bind_int64(handle_, ++bound_, value)); }

void Query::bind(std::nullopt_t) { check(sqlite3_bind_null(handle_, ++bound_)); }

bool Query::next() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  throw SQLite::Exception(connection_, code);
}

void Query::run() {
  if (next()) throw std::logic_error("a statement that was to change rows returned one");
}

bool Query::is_null(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }

std::string Query::text(int column) const {
  const void* data = sqlite3_column_blob(handle_, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(handle_, column); }

std::optional<std::string> Query::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

std::optional<std::int64_t> Query::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::optional<WallTime> Query::optional_time(int column) const {
  if (is_null(column)) return std::nullopt;
  return time(column);
}

namespace {
std::string associated_data(std::string_view place, std::string_view id) {
  std::string data(place);
  data += ':';
  data += id;
  return data;
}
}  // namespace

std::string Tx::seal(std::string_view plain, std::string_view place, std::string_view id) const {
  return sealer_.seal(plain, associated_data(place, id));
}

std::string Tx::unseal(std::string_view sealed, std::string_view place, std::string_view id) const {
  Result<std::string> plain = sealer_.open(sealed, associated_data(place, id));
  if (!plain) {
    throw std::runtime_error(std::string(place) + " of " + std::string(id) +
                             " does not open: the row was changed by hand");
  }
  return *std::move(plain);
}

CachedStatement& Tx::cached(Sql sql) {
  CachedStatement& statement = statements_[sql.text];
  if (statement.handle == nullptr) {
    sqlite3_stmt* handle = nullptr;
    const int code =
        sqlite3_prepare_v3(database_.getHandle(), sql.text, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
    if (code != SQLITE_OK) throw SQLite::Exception(database_.getHandle(), code);
    statement.handle.reset(handle);
  }
  return statement;
}

}  // namespace crewship
