// At a million runs and ten million attempts, a question that scans a table is an outage. Every statement that the
// store runs while this test uses it is explained afterwards.
#include <mutex>
#include <set>

#include <sqlite3.h>

#include <gmock/gmock.h>

#include <crewship/base/crypto.hpp>
#include <crewship/store/activity.hpp>
#include <crewship/store/api_keys.hpp>
#include <crewship/store/sessions.hpp>

#include "raw_database.hpp"
#include "store_fixture.hpp"

namespace crewship {
namespace {

// Collects the SQL of every connection that is opened while it lives.
class StatementCollector {
 public:
  StatementCollector() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(attach)); }
  StatementCollector(const StatementCollector&) = delete;
  StatementCollector& operator=(const StatementCollector&) = delete;
  ~StatementCollector() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(attach)); }

  static std::set<std::string> statements() {
    const std::lock_guard lock(mutex_);
    return statements_;
  }

 private:
  static int attach(sqlite3* connection, const char**, const sqlite3_api_routines*) {
    return sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, note, nullptr);
  }
  static int note(unsigned, void*, void* statement, void*) {
    const std::lock_guard lock(mutex_);
    statements_.insert(sqlite3_sql(static_cast<sqlite3_stmt*>(statement)));
    return 0;
  }
  inline static std::mutex mutex_;
  inline static std::set<std::string> statements_;
};

class QueryPlan : public StoreTest {
 protected:
  void use_everything() {
    const DeploymentId deployment = add_deployment();
    const VersionId version = add_version(deployment);
    const OutgoingWebhookId webhook = add_outgoing_webhook(deployment);
    use_runs(deployment, version);
    use_deliveries(webhook);
    use_webhooks(deployment, version, webhook);
  }
  void use_runs(const DeploymentId& deployment, const VersionId& version) {
    auto run = new_run(deployment, version);
    run.input = R"({"a":1})";
    const std::vector<RunEvent> events{{2, clock.now(), "log", "info", "text"}, {3, clock.now(), "step", "", "{}"}};
    write([&](Tx& tx) {
      insert_run(tx, run);
      update_run(tx, run);
      insert_run_events(tx, run.id, events);
      insert_idempotency_record(tx, {"iwh_1", "key", "hash", run.id, clock.now()});
      find_idempotency_record(tx, "iwh_1", "key", clock.now());
      run.status = RunStatus::succeeded;
      run.completed_at = clock.now();
      update_run(tx, run);
      insert_deliveries_for_run(
          tx, run, EventType::run_succeeded, [&] { return ids.make<DeliveryId>(); }, [] { return std::string("{}"); },
          clock.now());
    });
    read([&](Tx& tx) {
      find_run(tx, run.id);
      list_runs(tx, {}, {});
      list_runs(tx, {deployment, {}, {}}, {});
      list_runs(tx, {{}, Environment::production, {}}, {});
      list_log_lines(tx, run.id, {});
      list_run_events(tx, run.id, 0, 1000);
      last_run_event(tx, run.id);
      find_run_progress(tx, run.id);
      open_runs(tx, 10);
      recent_runs(tx, ids.make<IncomingWebhookId>(), 20);
    });
  }
  void use_deliveries(const OutgoingWebhookId& webhook) {
    const auto first = claim(webhook).claimed.at(0);
    record(first.attempt, retry(0s));
    const auto second = claim(webhook).claimed.at(0);
    write([&](Tx& tx) { redeliver(tx, second.delivery.id, clock.now()); });
    record(second.attempt, failed());
    record(claim(webhook).claimed.at(0).attempt, failed());
    write([&](Tx& tx) { recover_failed_deliveries(tx, webhook, clock.now() - 1h, clock.now()); });
    const auto third = claim(webhook).claimed.at(0);
    write([&](Tx& tx) { release_attempt(tx, third.attempt, clock.now()); });
    claim(webhook);
    write([&](Tx& tx) { release_interrupted_attempts(tx, clock.now()); });
    write([&](Tx& tx) { move_waiting_deliveries(tx, 0ms, clock.now(), clock.now()); });
    write(
        [&](Tx& tx) { bring_forward_waiting_deliveries(tx, std::array{std::chrono::milliseconds(1h)}, clock.now()); });
    read([&](Tx& tx) {
      waiting_webhooks(tx);
      find_delivery(tx, first.delivery.id);
      list_attempts(tx, first.delivery.id);
      list_deliveries(tx, {webhook, {}}, {});
      list_deliveries(tx, {}, {});
      list_deliveries(tx, {.status = DeliveryStatus::failed}, {});
      list_deliveries(tx, {.deployment_id = ids.make<DeploymentId>()}, {});
      list_deliveries(tx, {.run_id = ids.make<RunId>()}, {});
      list_deliveries(tx, {.outgoing_webhook_id = webhook, .environment = Environment::production}, {});
      recent_deliveries(tx, webhook, 20);
      run_activity(tx, {clock.now(), 1min, 1}, {});
      delivery_activity(tx, {clock.now(), 1min, 1}, {});
      failing_webhooks(tx, 100);
      failing_versions(tx, 100);
      count_failed_deliveries(tx, webhook, clock.now());
      delivery_counts(tx);
    });
    record(claim(webhook).claimed.at(0).attempt, succeeded());
    clock.advance(1h);
    write([&](Tx& tx) {
      delete_old_deliveries(tx, clock.now(), 10);
      delete_old_runs(tx, clock.now(), 10);
      delete_old_activity(tx, clock.now(), 10);
    });
  }
  void use_webhooks(const DeploymentId& deployment, const VersionId& version, const OutgoingWebhookId& webhook) {
    IncomingWebhook incoming;
    incoming.id = ids.make<IncomingWebhookId>();
    incoming.deployment_id = deployment;
    write([&](Tx& tx) {
      insert_incoming_webhook(tx, incoming, "token");
      find_incoming_webhook_by_token(tx, sha256("token"));
      list_incoming_webhooks(tx, deployment, {});
      list_outgoing_webhooks(tx, deployment, {});
      set_environment(tx, deployment, Environment::production, version, clock.now());
      live_version(tx, deployment, Environment::production);
      list_environments(tx, deployment);
      list_versions(tx, deployment, {});
      list_deployments(tx, {});
      find_api_key_by_hash(tx, sha256("key"));
      insert_api_key(tx, {ids.make<ApiKeyId>(), "one", clock.now(), {}}, sha256("one"));
      const ApiKey second{ids.make<ApiKeyId>(), "two", clock.now(), {}};
      insert_api_key(tx, second, sha256("two"));
      insert_session(tx, sha256("cookie"), {second.id, clock.now(), clock.now() + 1h});
      find_session(tx, sha256("cookie"), clock.now());
      extend_session(tx, sha256("cookie"), clock.now() + 2h);
      delete_api_key(tx, second.id);
      delete_session(tx, sha256("cookie"));
      delete_expired_sessions(tx, clock.now());
      OutgoingWebhookPatch patch;
      patch.enabled = false;
      update_outgoing_webhook(tx, webhook, patch, clock.now());
      delete_deployment(tx, deployment, clock.now());
    });
  }
};

// Indexes and tables that hold only few rows, or are read up to a limit (f: what fails at the moment).
bool may_be_scanned(const std::string& step) {
  for (const char* index :
       {"USING INDEX runs_open", "USING COVERING INDEX runs_open", "SCAN attempts_in_flight",
        "USING COVERING INDEX deployments_kept", "USING COVERING INDEX outgoing_webhooks_of_deployment", "SCAN f",
        "SCAN api_keys USING COVERING INDEX"}) {
    if (step.contains(index)) return true;
  }
  // What a query made itself: the webhooks it jumps through.
  return step.contains("SCAN webhook") || step.contains("SCAN CONSTANT ROW") || step.contains("SCAN (subquery");
}

TEST_F(QueryPlan, NothingScansATable) {
  open();
  close();  // what migrations do is done once
  const StatementCollector collector;
  open();
  use_everything();
  close();

  RawDatabase raw(data_dir / "crewship.db");
  int explained = 0;
  for (const std::string& sql : collector.statements()) {
    const bool asks = sql.starts_with("SELECT") || sql.starts_with("UPDATE") || sql.starts_with("DELETE") ||
                      sql.starts_with("WITH") || sql.starts_with("INSERT");
    // Asked once, at the start.
    if (!asks || sql.contains("sqlite_schema") || sql.contains("schema_migrations")) continue;
    ++explained;
    for (const std::string& row : raw.query("EXPLAIN QUERY PLAN " + sql)) {
      const std::string step = row.substr(row.rfind('|') + 1);
      const bool counts_up_to_a_limit = step.contains("SCAN waiting_deliveries") && sql.contains("LIMIT 100000");
      EXPECT_TRUE(!step.starts_with("SCAN") || may_be_scanned(step) || counts_up_to_a_limit)
          << step << "\n  in: " << sql;
      // With a further condition it would walk from the newest row to the last that fits.
      EXPECT_FALSE(step.contains("PRIMARY KEY (id<?)") && sql.contains(" AND ")) << step << "\n  in: " << sql;
      EXPECT_FALSE(step.contains("TEMP B-TREE")) << step << "\n  in: " << sql;
      EXPECT_FALSE(step.contains("AUTOMATIC")) << step << "\n  in: " << sql;
    }
  }
  EXPECT_GT(explained, 50);
}

}  // namespace
}  // namespace crewship
