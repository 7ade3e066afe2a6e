// New runs of a transaction that are not in their tables yet: inserting several in one statement costs a third less
// than each in its own, because SQLite then looks for the end of each index once. Tx writes them before any statement
// that names these tables, the writer before a savepoint and before the commit, so nobody can tell that they were late.
// Writer's thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <crewship/domain/run.hpp>

#include "run_list_numbers.hpp"

namespace crewship {

class Tx;

class RunBatch {
 public:
  static constexpr std::size_t capacity = 16;
  struct Row {
    Run run;
    RunListNumbers lists;
  };
  // Of output or error message; a run with longer texts is not worth a copy.
  static constexpr std::size_t max_end_bytes = 4096;

  // One whose row is all that it takes.
  static bool takes(const Run& run);
  // Precondition: not full.
  void add(const Run& run, const RunListNumbers& lists);
  bool full() const { return count_ == capacity; }
  bool empty() const { return count_ == 0; }
  // Throws what SQLite throws; the transaction has lost runs then and must not be committed.
  void write(Tx& tx);

  // For a transaction that begins.
  void clear();
  // Changes that sqlite3_total_changes64() does not count yet.
  std::int64_t rows_to_come() const { return static_cast<std::int64_t>(count_); }
  bool lost_runs() const { return lost_runs_; }

 private:
  std::array<Row, capacity> rows_;  // assigned to, so that their texts' memory is used again
  std::size_t count_ = 0;
  bool lost_runs_ = false;
};

// Without a batch.
void insert_run_now(Tx& tx, const Run& run);

}  // namespace crewship
