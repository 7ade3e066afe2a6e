// Fills a database that the daemon has made, and that nobody has open, with history: finished runs with deliveries and
// attempts, or deliveries that wait. It takes the deployments and webhooks that are there. Ids grow with time and are
// spread over the last 20 days, so that retention leaves them. Fast because nothing needs to survive a crash: no
// journal, no fsync, and the indexes are made at the end.
#include <chrono>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <sqlite3.h>

#include "common.hpp"

namespace {

constexpr std::int64_t day_ms = 86'400'000;
constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";

using Text = std::optional<std::string>;

class Statement {
 public:
  Statement(sqlite3* database, const char* sql) : database_(database) {
    if (sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) != SQLITE_OK) fail();
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  template <class... Values>
  bool step(const Values&... values) {
    sqlite3_reset(statement_);
    int place = 0;
    (bind(++place, values), ...);
    const int code = sqlite3_step(statement_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) fail();
    return code == SQLITE_ROW;
  }
  bool next() { return sqlite3_step(statement_) == SQLITE_ROW; }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string text(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return data == nullptr ? std::string() : std::string(data, static_cast<std::size_t>(bytes(column)));
  }

 private:
  int bytes(int column) const { return sqlite3_column_bytes(statement_, column); }
  void bind(int place, const std::string& value) {
    sqlite3_bind_text64(statement_, place, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  void bind(int place, std::int64_t value) { sqlite3_bind_int64(statement_, place, value); }
  void bind(int place, const Text& value) {
    value ? bind(place, *value) : static_cast<void>(sqlite3_bind_null(statement_, place));
  }
  [[noreturn]] void fail() const {
    std::fprintf(stderr, "%s\n", sqlite3_errmsg(database_));
    std::exit(1);
  }

  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
};

class Ids {
 public:
  // Precondition: calls for one prefix come in the order of time.
  std::string make(const char* prefix, std::int64_t time_ms) {
    std::uint64_t high = static_cast<std::uint64_t>(time_ms) << 16 | (random_() & 0xffff);
    std::uint64_t low = random_();
    std::string text(26, '0');
    for (std::size_t i = text.size(); i-- > 0;) {
      text[i] = digits[low & 31];
      low = low >> 5 | high << 59;
      high >>= 5;
    }
    return prefix + text;
  }

 private:
  std::mt19937_64 random_{20250115};
};

struct Webhook {
  std::string id;
  std::string deployment;
  std::string version;
};

struct Wanted {
  std::int64_t runs = 0;
  std::int64_t deliveries_per_run = 0;  // finished, one a webhook in turn
  std::int64_t attempts_per_delivery = 0;
  std::int64_t waiting = 0;  // deliveries
  bool retries = false;      // the waiting ones have failed once
  bool due = true;           // the waiting ones are due now, else in a day
};

class Filler {
 public:
  Filler(sqlite3* database, Wanted wanted, const std::string& webhook_prefix) : database_(database), wanted_(wanted) {
    Statement rows(database,
                   "SELECT w.id, w.deployment_id, e.version_id FROM outgoing_webhooks w JOIN environments e ON "
                   "e.deployment_id = w.deployment_id AND e.environment = w.environment WHERE w.deleted_at IS NULL AND "
                   "substr(w.name, 1, length(?1)) = ?1 ORDER BY w.id");
    for (bool more = rows.step(webhook_prefix); more; more = rows.next()) {
      webhooks_.push_back({rows.text(0), rows.text(1), rows.text(2)});
    }
    if (webhooks_.empty()) {
      std::fprintf(stderr, "no outgoing webhook with a live version fits\n");
      std::exit(1);
    }
  }

  void fill() {
    execute(
        "PRAGMA journal_mode=DELETE; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE; "
        "PRAGMA cache_size=-524288; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=OFF");
    const bool many = wanted_.runs + wanted_.waiting > 100'000;
    const auto indexes = many ? drop_indexes() : std::vector<std::string>();
    execute("BEGIN");
    add_history();
    add_waiting();
    execute("COMMIT");
    for (const std::string& sql : indexes) execute(sql);
  }

 private:
  // Rows in the order of their keys reach each table at its right edge.
  void add_history() {
    Statement run(database_,
                  "INSERT INTO runs(id, deployment_id, version_id, version_number, environment, status, ended_list, "
                  "ended_of_deployment_list, created_at, started_at, completed_at, input, error_message, output) "
                  "VALUES(?1, ?2, ?3, 1, 'production', ?4, ?5, ?6, ?7, ?7, ?8, "
                  "'{\"topic\":\"AI agents\",\"year\":\"2025\"}', ?9, ?10)");
    for (std::int64_t i = 0; i < wanted_.runs; ++i) {
      const std::int64_t time = time_of(i, wanted_.runs);
      const Webhook& webhook = webhook_of(i);
      const bool failed = i % 10 == 0;
      const std::string status = failed ? "failed" : "succeeded";
      const std::string id = ids_.make("run_", time);
      run.step(id, webhook.deployment, webhook.version, status, run_list("", status),
               run_list(webhook.deployment, status), time, time + 1500,
               failed ? Text("exited with status 3: no such topic") : std::nullopt,
               failed ? std::nullopt : Text(R"({"result":"a short text about AI agents","words":412})"));
      add_deliveries(i, id, failed, time + 1500);
    }
  }

  // The number of the list of production's ended runs with this status, of a deployment or, "", of all.
  std::int64_t run_list(const std::string& owner, const std::string& status) {
    const auto [known, is_new] = run_lists_.try_emplace({owner, status});
    if (is_new) {
      Statement row(database_,
                    "INSERT INTO run_lists(owner_id, environment, status) VALUES(?, 'production', ?) "
                    "ON CONFLICT DO UPDATE SET status = excluded.status RETURNING number");
      row.step(owner, status);
      known->second = row.integer(0);
    }
    return known->second;
  }

  void add_deliveries(std::int64_t run_index, const std::string& run, bool failed, std::int64_t time) {
    for (std::int64_t k = 0; k < wanted_.deliveries_per_run; ++k) {
      const std::string id = ids_.make("dlv_", time);
      const std::int64_t completed = time + 1000 * wanted_.attempts_per_delivery;
      finished_delivery_.step(id, webhook_of(run_index + k).id, run,
                              std::string(failed ? "run.failed" : "run.succeeded"), wanted_.attempts_per_delivery - 1,
                              wanted_.attempts_per_delivery, time, completed);
      body_.step(id, body_text(run));
      for (std::int64_t n = 1; n <= wanted_.attempts_per_delivery; ++n) {
        const bool last = n == wanted_.attempts_per_delivery;
        attempt_.step(id, n, ids_.make("att_", time), std::string(last ? "succeeded" : "failed"), time + 1000 * n,
                      std::int64_t{last ? 200 : 503});
      }
    }
  }

  void add_waiting() {
    const std::int64_t now = now_ms_;
    for (std::int64_t i = 0; i < wanted_.waiting; ++i) {
      const std::string id = ids_.make("dlv_", now);
      const std::string run = ids_.make("run_", now);
      const std::int64_t attempts = wanted_.retries ? 1 : 0;
      const std::int64_t due = wanted_.due ? now - 1000 : now + day_ms;
      waiting_delivery_.step(id, webhook_of(i).id, run, attempts, now, due);
      place_.step(webhook_of(i).id, attempts, due, id);
      body_.step(id, body_text(run));
      if (wanted_.retries) {
        attempt_.step(id, std::int64_t{1}, ids_.make("att_", now), std::string("failed"), now, std::int64_t{503});
      }
    }
  }

  static std::string body_text(const std::string& run) {
    return R"({"event":"run.succeeded","timestamp":"2025-01-15T10:30:00.000Z","data":{"run_id":")" + run +
           R"(","deployment_id":"dep_01kat0000000000000000000000","status":"succeeded","output":{"result":"a short text about AI agents","words":412},"started_at":"2025-01-15T10:29:58.500Z","completed_at":"2025-01-15T10:30:00.000Z"}})";
  }

  std::int64_t time_of(std::int64_t i, std::int64_t count) const {
    return now_ms_ - 20 * day_ms + i * (20 * day_ms - 60'000) / count;
  }
  const Webhook& webhook_of(std::int64_t i) const { return webhooks_[static_cast<std::size_t>(i) % webhooks_.size()]; }

  std::vector<std::string> drop_indexes() {
    std::vector<std::pair<std::string, std::string>> found;
    {
      Statement rows(database_,
                     "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN "
                     "('runs', 'deliveries', 'attempts', 'delivery_bodies')");
      for (bool more = rows.step(); more; more = rows.next()) found.emplace_back(rows.text(0), rows.text(1));
    }
    std::vector<std::string> sql;
    for (auto& [name, text] : found) {
      execute("DROP INDEX " + name);
      sql.push_back(std::move(text));
    }
    return sql;
  }

  void execute(const std::string& sql) {
    char* error = nullptr;
    if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, &error) == SQLITE_OK) return;
    std::fprintf(stderr, "%s: %s\n", sql.c_str(), error);
    std::exit(1);
  }

  sqlite3* database_;
  Wanted wanted_;
  std::vector<Webhook> webhooks_;
  std::map<std::pair<std::string, std::string>, std::int64_t> run_lists_;
  Ids ids_;
  std::int64_t now_ms_ =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  Statement finished_delivery_{
      database_,
      "INSERT INTO deliveries(id, outgoing_webhook_id, run_id, event, status, retry_step, attempt_count, "
      "redelivery_requested, created_at, next_attempt_at, completed_at, error) "
      "VALUES(?1, ?2, ?3, ?4, 'succeeded', ?5, ?6, 0, ?7, NULL, ?8, NULL)"};
  Statement waiting_delivery_{
      database_,
      "INSERT INTO deliveries(id, outgoing_webhook_id, run_id, event, status, retry_step, attempt_count, "
      "redelivery_requested, created_at, next_attempt_at, completed_at, error) "
      "VALUES(?1, ?2, ?3, 'run.succeeded', 'pending', ?4, ?4, 0, ?5, ?6, NULL, NULL)"};
  Statement place_{database_,
                   "INSERT INTO waiting_deliveries(outgoing_webhook_id, is_retry, due_at, delivery_id) "
                   "VALUES(?, ?, ?, ?)"};
  Statement body_{database_, "INSERT INTO delivery_bodies(delivery_id, body) VALUES(?, ?)"};
  Statement attempt_{database_,
                     "INSERT INTO attempts(delivery_id, number, id, status, started_at, duration_ms, response_status, "
                     "response_body) VALUES(?, ?, ?, ?, ?, 12, ?, '{\"received\":true}')"};
};

}  // namespace

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  const auto count = [&arguments](std::string_view name) {
    return static_cast<std::int64_t>(bench::number(arguments, name, 0));
  };
  sqlite3* database = nullptr;
  if (sqlite3_open_v2(bench::option(arguments, "--database").c_str(), &database, SQLITE_OPEN_READWRITE, nullptr) !=
      SQLITE_OK) {
    std::fprintf(stderr, "cannot open the database: %s\n", sqlite3_errmsg(database));
    return 1;
  }
  Filler(database,
         {.runs = count("--runs"),
          .deliveries_per_run = count("--deliveries-per-run"),
          .attempts_per_delivery = count("--attempts-per-delivery"),
          .waiting = count("--waiting"),
          .retries = bench::option(arguments, "--waiting-as") == "retries",
          .due = bench::option(arguments, "--due", "now") == "now"},
         bench::option(arguments, "--webhooks"))
      .fill();
  sqlite3_close(database);
}
