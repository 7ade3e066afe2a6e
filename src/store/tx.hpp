// One transaction, as the functions of this room see it: prepared statements that are kept for the connection's life,
// typed binding and reading, and the sealer for secrets. Belongs to one connection and its thread; SQLite's errors are
// thrown as SQLite::Exception and mapped by the thread that ran the job.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include <sqlite3.h>

#include <SQLiteCpp/Database.h>

#include <crewship/base/crypto.hpp>
#include <crewship/base/ids.hpp>
#include <crewship/base/time_format.hpp>

#include "minute_counts.hpp"
#include "run_batch.hpp"

namespace crewship {

// Whether SQL text has this word.
consteval bool names(std::string_view text, std::string_view word) {
  const auto is_part = [](char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_part(text[at - 1])) && (end == text.size() || !is_part(text[end]))) return true;
  }
  return false;
}

// SQL text that lives as long as the program (a literal), so that its address can name the prepared statement.
struct Sql {
  consteval Sql(const char* literal)  // NOLINT(google-explicit-constructor): reads as the literal
      : text(literal), names_runs(names(literal, "runs") || names(literal, "run_inputs")) {}
  const char* text;
  bool names_runs;
};

struct Blob {
  std::string_view bytes;
};

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
struct CachedStatement {
  std::unique_ptr<sqlite3_stmt, FinalizeStatement> handle;
  bool in_use = false;
};

// One execution of a statement. What is bound must outlive it; the destructor resets the statement.
class Query {
 public:
  template <class... Values>
  Query(sqlite3* connection, CachedStatement& statement, const Values&... values) : Query(connection, &statement) {
    (bind(values), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // Goes on where the last binding ended.
  template <class... Values>
  void bind_more(const Values&... values) {
    (bind(values), ...);
  }

  bool next();  // true: there is a row to read
  void run();   // for statements without rows

  bool is_null(int column) const;
  std::string text(int column) const;  // of a blob, too
  std::int64_t integer(int column) const;
  bool boolean(int column) const { return integer(column) != 0; }
  WallTime time(int column) const { return from_unix_milliseconds(integer(column)); }
  std::optional<std::string> optional_text(int column) const;
  std::optional<std::int64_t> optional_integer(int column) const;
  std::optional<WallTime> optional_time(int column) const;
  template <class IdType>
  IdType id(int column) const {
    return IdType::trusted(text(column));
  }
  template <class IdType>
  std::optional<IdType> optional_id(int column) const {
    if (is_null(column)) return std::nullopt;
    return id<IdType>(column);
  }

 private:
  Query(sqlite3* connection, CachedStatement* statement);
  void bind(std::string_view value);
  void bind(const std::string& value) { bind(std::string_view(value)); }
  void bind(const char* value) { bind(std::string_view(value)); }
  void bind(Blob value);
  void bind(std::int64_t value);
  void bind(int value) { bind(std::int64_t{value}); }
  void bind(bool value) { bind(std::int64_t{value}); }
  void bind(std::size_t value) { bind(static_cast<std::int64_t>(value)); }
  void bind(WallTime value) { bind(unix_milliseconds(value)); }
  void bind(std::nullopt_t);
  template <class Tag>
  void bind(const Id<Tag>& value) {
    bind(std::string_view(value.text()));
  }
  template <class T>
  void bind(const std::optional<T>& value) {
    if (value) {
      bind(*value);
    } else {
      bind(std::nullopt);
    }
  }
  void check(int code) const;

  sqlite3* connection_;
  CachedStatement& statement_;
  sqlite3_stmt* handle_;
  int bound_ = 0;
};

struct Remembered;

class Tx {
 public:
  Tx(SQLite::Database& database, const Sealer& sealer) : database_(database), sealer_(sealer) {}
  Tx(const Tx&) = delete;
  Tx& operator=(const Tx&) = delete;

  // Binds all parameters in their order. Values are only looked at, but whether one is about to go must be known.
  template <class... Values>
  Query select(Sql sql, Values&&... values) {  // NOLINT(cppcoreguidelines-missing-std-forward)
    static_assert(((std::is_lvalue_reference_v<Values> || std::is_trivially_copyable_v<Values>) && ...),
                  "the query would outlive the text that is bound");
    write_new_runs_for(sql);
    return Query(database_.getHandle(), cached(sql), std::as_const(values)...);
  }
  // Runs a statement that changes rows; returns how many.
  template <class... Values>
  std::int64_t execute(Sql sql, const Values&... values) {
    write_new_runs_for(sql);
    Query query(database_.getHandle(), cached(sql), values...);
    query.run();
    return sqlite3_changes64(database_.getHandle());
  }
  // To be bound and run by the caller, who has no use for runs that are not written yet.
  Query prepare(Sql sql) { return Query(database_.getHandle(), cached(sql)); }

  // What is remembered of earlier transactions (remembered.hpp); none while a job runs that may change it.
  Remembered* memory() const { return memory_; }
  void use_memory(Remembered* memory) { memory_ = memory; }
  // Runs that the next statement that names their tables would miss; it writes them first.
  RunBatch& new_runs() { return new_runs_; }
  // Added to the tables at the end of the transaction.
  MinuteCounts& minute_counts() { return minute_counts_; }

  // `place` names table and column, `id` the row: together what the ciphertext is bound to.
  std::string seal(std::string_view plain, std::string_view place, std::string_view id) const;
  // Throws when it does not open: the row was tampered with.
  std::string unseal(std::string_view sealed, std::string_view place, std::string_view id) const;

 private:
  CachedStatement& cached(Sql sql);
  void write_new_runs_for(Sql sql) {
    if (sql.names_runs && !new_runs_.empty()) new_runs_.write(*this);
  }

  SQLite::Database& database_;
  const Sealer& sealer_;
  std::unordered_map<const char*, CachedStatement> statements_;
  Remembered* memory_ = nullptr;
  RunBatch new_runs_;
  MinuteCounts minute_counts_;
};

}  // namespace crewship
