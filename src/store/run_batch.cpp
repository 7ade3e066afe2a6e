#include "run_batch.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "run_rows.hpp"
#include "tx.hpp"

namespace crewship {
namespace {

// The text of a statement that inserts so many rows.
template <std::size_t Rows, std::size_t InsertSize, std::size_t ValuesSize>
consteval auto repeated(const char (&insert)[InsertSize], const char (&values)[ValuesSize]) {
  std::array<char, InsertSize + Rows * ValuesSize> text{};  // each row's comma stands where its values' zero was
  auto end = std::copy_n(insert, InsertSize - 1, text.begin());
  for (std::size_t row = 0; row < Rows; ++row) {
    if (row > 0) *end++ = ',';
    end = std::copy_n(values, ValuesSize - 1, end);
  }
  return text;
}

template <std::size_t Rows>
constexpr auto insert_sql = repeated<Rows>(
    "INSERT INTO runs(id, deployment_id, version_id, version_number, environment, status, incoming_webhook_id, "
    "webhook_list, ended_list, ended_of_deployment_list, created_at, started_at, completed_at, received_at, "
    "request_id, received_traceparent, input, error_message, output) VALUES",
    "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

std::optional<std::string_view> text_or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

std::optional<std::string_view> input_in_row(const Run& run) {
  if (run.input == empty_input || run.input.size() > max_input_bytes_in_row) return std::nullopt;
  return run.input;
}

void bind(Query& query, const Run& run, const RunListNumbers& lists) {
  query.bind_more(run.id, run.deployment_id, run.version_id, run.version_number, to_string(run.environment),
                  to_string(run.status), run.incoming_webhook_id, lists.webhook, lists.ended, lists.ended_of_deployment,
                  run.created_at, run.started_at, run.completed_at, run.received_at, text_or_null(run.request_id),
                  text_or_null(run.received_traceparent), input_in_row(run), run.error_message, run.output);
}

// How many it has inserted.
template <std::size_t Rows>
std::size_t insert(Tx& tx, std::span<const RunBatch::Row> rows) {
  Query query = tx.prepare(Sql(insert_sql<Rows>.data()));
  for (const RunBatch::Row& row : rows.first(Rows)) bind(query, row.run, row.lists);
  query.run();
  return Rows;
}

std::size_t insert_some(Tx& tx, std::span<const RunBatch::Row> rows) {
  if (rows.size() >= RunBatch::capacity) return insert<RunBatch::capacity>(tx, rows);
  if (rows.size() >= 4) return insert<4>(tx, rows);
  return insert<1>(tx, rows);
}

}  // namespace

void insert_run_now(Tx& tx, const Run& run) {
  const RunListNumbers lists = list_numbers(tx, run);
  Query query = tx.prepare(Sql(insert_sql<1>.data()));
  bind(query, run, lists);
  query.run();
  if (run.input.size() > max_input_bytes_in_row) {
    tx.execute("INSERT INTO run_inputs(run_number, input) VALUES(last_insert_rowid(), ?)", run.input);
  }
}

bool RunBatch::takes(const Run& run) {
  const auto bytes = [](const std::optional<std::string>& text) { return text ? text->size() : 0; };
  return run.input.size() <= max_input_bytes_in_row && bytes(run.output) + bytes(run.error_message) <= max_end_bytes;
}

void RunBatch::add(const Run& run, const RunListNumbers& lists) {
  Row& row = rows_.at(count_++);
  row.run = run;
  row.lists = lists;
}

void RunBatch::write(Tx& tx) {
  std::span<const Row> left = std::span(rows_).first(std::exchange(count_, 0));
  lost_runs_ = true;
  while (!left.empty()) left = left.subspan(insert_some(tx, left));
  lost_runs_ = false;
}

void RunBatch::clear() {
  count_ = 0;
  lost_runs_ = false;
}

}  // namespace crewship
