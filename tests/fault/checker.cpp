#include "checker.hpp"

#include <functional>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <support/temp_dir.hpp>

namespace crewship::testing_support {
namespace {

class Examination {
 public:
  Examination(const std::filesystem::path& file, bool at_rest)
      : database_(file.string(), SQLite::OPEN_READWRITE), at_rest_(at_rest) {}

  void integrity() {
    each("PRAGMA integrity_check", [this](SQLite::Statement& row) {
      if (const std::string text = row.getColumn(0); text != "ok") complain("I7: " + text);
    });
    none("I7: a row refers to none", "SELECT \"table\" FROM pragma_foreign_key_check");
  }

  void runs(const std::set<std::string>& accepted, std::map<std::string, std::string>& ended) {
    std::map<std::string, std::string> found;
    each(
        "SELECT id, status || ' ' || ifnull(error_message, '') || ' ' || ifnull(output, ''), completed_at IS NOT NULL "
        "FROM runs",
        [&](SQLite::Statement& row) {
          const std::string id = row.getColumn(0);
          const std::string end = row.getColumn(1);
          found[id] = end;
          if (row.getColumn(2).getInt() == 0) {
            if (at_rest_) complain("I2: run " + id + " has not ended");
            if (ended.contains(id)) complain("I2: run " + id + " is open again");
            return;
          }
          if (const auto [place, is_new] = ended.emplace(id, end); place->second != end) {
            complain("I2: run " + id + " ended as " + place->second + " and then as " + end);
          }
        });
    for (const auto& id : accepted) {
      if (!found.contains(id)) complain("I1: run " + id + " was answered with 202 and is lost");
    }
    none("I2: a run is ended but for its status, or the other way round",
         "SELECT id FROM runs WHERE (completed_at IS NULL) <> (status IN ('pending', 'running'))");
    none("I1: one key made more than one run",
         "SELECT json_extract(coalesce(r.input, i.input), '$.key') AS key FROM runs r LEFT JOIN run_inputs i ON "
         "i.run_number = r.number WHERE r.started_at IS NOT NULL AND key <> '' GROUP BY key HAVING count(*) > 1");
  }

  void ends() {
    none("I3: a run has ended without its delivery",
         "SELECT r.id || ' ' || w.id FROM runs r JOIN outgoing_webhooks w ON w.deployment_id = r.deployment_id "
         "WHERE r.status IN ('succeeded', 'failed') AND instr(w.events, 'run.' || r.status) > 0 AND NOT EXISTS "
         "(SELECT 1 FROM deliveries d WHERE d.run_id = r.id AND d.outgoing_webhook_id = w.id)");
    none("I3: a run has a delivery that it should not have",
         "SELECT d.id FROM deliveries d JOIN runs r ON r.id = d.run_id JOIN outgoing_webhooks w ON w.id = "
         "d.outgoing_webhook_id WHERE d.event <> 'run.' || r.status OR instr(w.events, d.event) = 0 OR "
         "w.deployment_id <> r.deployment_id");
    none("I5: one event has two deliveries for one webhook",
         "SELECT run_id FROM deliveries GROUP BY run_id, outgoing_webhook_id HAVING count(*) > 1");
    none("I3: a delivery has no body",
         "SELECT id FROM deliveries WHERE id NOT IN (SELECT delivery_id FROM delivery_bodies)");
  }

  void attempts(const std::map<std::string, Reached>& reached, std::size_t attempts_of_failed) {
    none("I6: two attempts of one delivery have one number, or one is missing",
         "SELECT delivery_id FROM (SELECT delivery_id, number FROM attempts UNION ALL SELECT delivery_id, number FROM "
         "attempts_in_flight) GROUP BY delivery_id HAVING count(*) <> max(number) OR count(DISTINCT number) <> "
         "max(number)");
    none("I6: a delivery that is pending neither waits nor is in flight, or both, or one that is not does",
         "SELECT id FROM deliveries d WHERE (status = 'pending') <> (SELECT count(*) FROM waiting_deliveries w WHERE "
         "w.outgoing_webhook_id = d.outgoing_webhook_id AND w.is_retry = (d.attempt_count > 0) AND w.due_at = "
         "d.next_attempt_at AND w.delivery_id = d.id) + "
         "(SELECT count(*) FROM attempts_in_flight a WHERE a.delivery_id = d.id)");
    none("I6: what waits is no delivery, or waits twice",
         "SELECT delivery_id FROM waiting_deliveries GROUP BY 1 HAVING count(*) > 1 OR "
         "delivery_id NOT IN (SELECT id FROM deliveries)");
    none("I4: a delivery ended as it should not",
         "SELECT id FROM deliveries WHERE status = 'succeeded' AND NOT EXISTS (SELECT 1 FROM attempts a WHERE "
         "a.delivery_id = deliveries.id AND a.status = 'succeeded')");
    none("I4: a delivery was given up too early or too late, or without a word",
         "SELECT d.id FROM deliveries d WHERE d.status = 'failed' AND (d.error IS NULL OR (SELECT count(*) FROM "
         "attempts a WHERE a.delivery_id = d.id AND a.status = 'failed' AND a.error IS NOT NULL) <> " +
             std::to_string(attempts_of_failed) + ")");
    if (at_rest_) none("I4: a delivery was never ended", "SELECT id FROM deliveries WHERE status = 'pending'");

    std::map<std::string, std::size_t> recorded;
    each(
        "SELECT delivery_id, count(*), count(response_status), sum(status = 'succeeded') FROM (SELECT delivery_id, "
        "response_status, status FROM attempts UNION ALL SELECT delivery_id, NULL, 'in_flight' FROM "
        "attempts_in_flight) "
        "GROUP BY 1",
        [&](SQLite::Statement& row) {
          const std::string id = row.getColumn(0);
          const auto count = static_cast<std::size_t>(row.getColumn(1).getInt64());
          const auto answered = static_cast<std::size_t>(row.getColumn(2).getInt64());
          const auto succeeded = static_cast<std::size_t>(row.getColumn(3).getInt64());
          recorded[id] = count;
          const auto seen = reached.find(id);
          const std::size_t requests = seen == reached.end() ? 0 : seen->second.requests;
          if (answered > requests) complain("I6: delivery " + id + " has answers to requests that nobody received");
          if (succeeded > 0 && (seen == reached.end() || seen->second.answered_ok == 0)) {
            complain("I4: delivery " + id + " is said to have succeeded");
          }
        });
    for (const auto& [id, delivery] : reached) {
      if (delivery.requests > recorded[id]) complain("I6: delivery " + id + " was sent without a record");
    }
  }

  // What a crash cut off is in doubt as soon as the daemon serves again.
  void cut_off(std::set<std::string>& before, bool served) {
    std::set<std::string> now;
    each("SELECT id FROM attempts_in_flight",
         [&](SQLite::Statement& row) { now.insert(row.getColumn(0).getString()); });
    for (const auto& id : before) {
      if (served && now.contains(id)) complain("I6: attempt " + id + " was cut off and is not in doubt");
    }
    before = std::move(now);
  }

  Violations violations;

 private:
  void complain(std::string words) { violations.push_back(std::move(words)); }
  void each(const std::string& sql, const std::function<void(SQLite::Statement&)>& look) {
    SQLite::Statement rows(database_, sql);
    while (rows.executeStep()) look(rows);
  }
  void none(const std::string& complaint, const std::string& sql) {
    each(sql, [&](SQLite::Statement& row) { complain(complaint + ": " + row.getColumn(0).getString()); });
  }

  SQLite::Database database_;
  bool at_rest_;
};

}  // namespace

Violations Checker::check(const std::filesystem::path& data_dir, bool served, bool at_rest) {
  const TempDir copy;
  for (const char* name : {"crewship.db", "crewship.db-wal"}) {
    if (std::filesystem::exists(data_dir / name)) std::filesystem::copy_file(data_dir / name, copy.path() / name);
  }
  Examination examination(copy.path() / "crewship.db", at_rest);
  examination.integrity();
  examination.runs(evidence_.ledger.runs(), ended_);
  examination.ends();
  examination.attempts(evidence_.subscriber.deliveries(), evidence_.attempts_of_failed);
  examination.cut_off(in_flight_, served);
  Violations all = std::move(examination.violations);
  for (const auto& more : {evidence_.ledger.violations(), evidence_.subscriber.violations()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace crewship::testing_support
