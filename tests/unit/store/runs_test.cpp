#include <gmock/gmock.h>

#include "../../../src/store/schema.hpp"
#include "raw_database.hpp"
#include "store_fixture.hpp"

namespace crewship {
namespace {

using testing::ElementsAre;
using RunRow = crewship::Run;  // testing::Test has a Run of its own

class Runs : public OpenStoreTest {
 protected:
  RunRow add(RunStatus status, const DeploymentId& of, Environment environment = Environment::production) {
    RunRow run = new_run(of, version);
    run.environment = environment;
    write([&](Tx& tx) { insert_run(tx, run); });
    run.status = status;
    if (status != RunStatus::pending) run.started_at = clock.now();
    if (is_terminal(status)) run.completed_at = clock.now();
    write([&](Tx& tx) { update_run(tx, run); });
    return run;
  }
  std::vector<RunId> ids_of(const Page<RunRow>& page) {
    std::vector<RunId> found;
    for (const RunRow& run : page.rows) found.push_back(run.id);
    return found;
  }
  Page<RunRow> list(const RunFilter& filter, const PageRequest& page = {}) {
    return read([&](Tx& tx) { return list_runs(tx, filter, page); });
  }
};

TEST_F(Runs, AreFoundAsTheyWereWritten) {
  IncomingWebhook webhook;
  webhook.id = ids.make<IncomingWebhookId>();
  webhook.deployment_id = deployment;
  RunRow run = new_run(deployment, version);
  run.environment = Environment::staging;
  run.input = R"({"topic":"ünï"})";
  run.incoming_webhook_id = webhook.id;
  write([&](Tx& tx) {
    insert_incoming_webhook(tx, webhook, "token");
    insert_run(tx, run);
  });
  auto found = read([&](Tx& tx) { return find_run(tx, run.id).value(); });
  EXPECT_EQ(found.deployment_id, deployment);
  EXPECT_EQ(found.version_id, version);
  EXPECT_EQ(found.version_number, 1);
  EXPECT_EQ(found.environment, Environment::staging);
  EXPECT_EQ(found.status, RunStatus::pending);
  EXPECT_EQ(found.input, run.input);
  EXPECT_EQ(found.incoming_webhook_id, webhook.id);
  EXPECT_EQ(found.created_at, run.created_at);
  EXPECT_FALSE(found.started_at || found.completed_at || found.output || found.error_message);

  run.status = RunStatus::running;
  run.started_at = clock.now() + 1s;
  write([&](Tx& tx) { update_run(tx, run); });
  found = read([&](Tx& tx) { return find_run(tx, run.id).value(); });
  EXPECT_EQ(found.status, RunStatus::running);
  EXPECT_EQ(found.started_at, run.started_at);

  run.status = RunStatus::succeeded;
  run.completed_at = clock.now() + 2s;
  run.output = R"({"ok":true})";
  write([&](Tx& tx) { update_run(tx, run); });
  found = read([&](Tx& tx) { return find_run(tx, run.id).value(); });
  EXPECT_EQ(found.status, RunStatus::succeeded);
  EXPECT_EQ(found.completed_at, run.completed_at);
  EXPECT_EQ(found.output, run.output);
  EXPECT_EQ(found.input, run.input);
  EXPECT_FALSE(read([&](Tx& tx) { return find_run(tx, ids.make<RunId>()); }));
}

TEST_F(Runs, KeepInputsOfAnyLength) {
  for (const std::size_t bytes : {1'023U, 1'024U, 1'025U, 1'000'000U}) {
    RunRow run = new_run(deployment, version);
    run.input = R"({"a":")" + std::string(bytes - 8, 'x') + R"("})";
    ASSERT_EQ(run.input.size(), bytes);
    write([&](Tx& tx) { insert_run(tx, run); });
    run.status = RunStatus::running;
    run.started_at = clock.now();
    write([&](Tx& tx) { update_run(tx, run); });
    EXPECT_EQ(read([&](Tx& tx) { return find_run(tx, run.id).value(); }).input, run.input) << bytes;
  }
}

TEST_F(Runs, AFailedOneKeepsItsReason) {
  RunRow run = new_run(deployment, version);
  write([&](Tx& tx) { insert_run(tx, run); });
  run.status = RunStatus::failed;
  run.completed_at = clock.now();
  run.error_message = "exited with status 3";
  write([&](Tx& tx) { update_run(tx, run); });
  const auto found = read([&](Tx& tx) { return find_run(tx, run.id).value(); });
  EXPECT_EQ(found.error_message, "exited with status 3");
  EXPECT_EQ(found.input, "{}");
  EXPECT_FALSE(found.started_at);
}

TEST_F(Runs, OpenOnesAreFoundAfterACrash) {
  const RunRow pending = add(RunStatus::pending, deployment);
  const RunRow running = add(RunStatus::running, deployment);
  add(RunStatus::succeeded, deployment);
  add(RunStatus::canceled, deployment);
  reopen();
  const auto open_ones = read([](Tx& tx) { return open_runs(tx, 100); });
  ASSERT_EQ(open_ones.size(), 2u);
  EXPECT_EQ(open_ones[0].id, pending.id);
  EXPECT_EQ(open_ones[1].id, running.id);
  EXPECT_EQ(read([](Tx& tx) { return open_runs(tx, 1); }).size(), 1u);
}

TEST_F(Runs, EveryCombinationOfFiltersFindsWhatItSays) {
  const DeploymentId other = add_deployment();
  std::vector<RunRow> all;
  for (int round = 0; round < 2; ++round) {
    for (const DeploymentId& of : {deployment, other}) {
      for (const Environment environment : {Environment::production, Environment::staging}) {
        for (const RunStatus status :
             {RunStatus::failed, RunStatus::pending, RunStatus::succeeded, RunStatus::running, RunStatus::canceled}) {
          all.insert(all.begin(), add(status, of, environment));
        }
      }
    }
  }
  const std::vector<std::optional<DeploymentId>> deployments{std::nullopt, deployment, other};
  const std::vector<std::optional<Environment>> environments{std::nullopt, Environment::production,
                                                             Environment::staging};
  const std::vector<std::optional<RunStatus>> statuses{std::nullopt,         RunStatus::pending, RunStatus::running,
                                                       RunStatus::succeeded, RunStatus::failed,  RunStatus::canceled};
  for (const auto& of : deployments) {
    for (const auto& environment : environments) {
      for (const auto& status : statuses) {
        std::vector<RunId> expected;
        for (const RunRow& run : all) {
          const bool matches = (!of || run.deployment_id == *of) && (!environment || run.environment == *environment) &&
                               (!status || run.status == *status);
          if (matches) expected.push_back(run.id);
        }
        // In pages of three, to the end.
        std::vector<RunId> found;
        PageRequest request{3, std::nullopt};
        do {
          const auto page = list({of, environment, status}, request);
          EXPECT_LE(page.rows.size(), 3u);
          const auto on_page = ids_of(page);
          found.insert(found.end(), on_page.begin(), on_page.end());
          request.after = page.next;
        } while (request.after && found.size() <= all.size());
        EXPECT_EQ(found, expected);
      }
    }
  }
}

TEST_F(Runs, APageGoesOnWhereARunWasThatIsGone) {
  const RunRow oldest = add(RunStatus::failed, deployment);
  const RunRow older = add(RunStatus::succeeded, deployment);
  const RunRow gone = add(RunStatus::succeeded, deployment);
  add(RunStatus::succeeded, deployment);
  RawDatabase(data_dir / "crewship.db").execute("DELETE FROM runs WHERE id = '" + gone.id.text() + "'");
  const PageRequest from_gone{10, gone.id.text()};
  EXPECT_THAT(ids_of(list({}, from_gone)), ElementsAre(older.id, oldest.id));
  EXPECT_THAT(ids_of(list({{}, {}, RunStatus::succeeded}, from_gone)), ElementsAre(older.id));
  RawDatabase(data_dir / "crewship.db").execute("DELETE FROM runs WHERE id <= '" + gone.id.text() + "'");
  EXPECT_THAT(ids_of(list({}, from_gone)), ElementsAre());
}

TEST_F(Runs, KeepTheirInputsAndOrderWhenAnOlderDatabaseIsUpgraded) {
  RawDatabase raw(dir / "older.db");
  for (const Migration& migration : migrations().first(8)) raw.execute(migration.sql);
  const std::string longest_in_row = R"({"a":")" + std::string(1'016, 'x') + R"("})";
  const std::string too_long_in_bytes = R"({"a":")" + std::string(1'015, 'x') + R"(ü"})";
  for (const std::string id : {"run_3", "run_1", "run_2"}) {
    raw.execute(
        "INSERT INTO runs(id, deployment_id, version_id, version_number, environment, status, created_at) VALUES('" +
        id + "', 'dep_1', 'ver_1', 1, 'staging', 'running', 1)");
  }
  raw.execute("INSERT INTO run_inputs VALUES('run_2', '" + longest_in_row + "'), ('run_3', '" + too_long_in_bytes +
              "')");
  raw.execute(migrations()[8].sql);
  EXPECT_THAT(raw.query("SELECT id, ifnull(input, '-') FROM runs ORDER BY number"),
              ElementsAre("run_1|-", "run_2|" + longest_in_row, "run_3|-"));
  EXPECT_THAT(raw.query("SELECT r.id, i.input FROM run_inputs i JOIN runs r ON r.number = i.run_number"),
              ElementsAre("run_3|" + too_long_in_bytes));
}

TEST_F(Runs, AreInTheirListsWhenAnOlderDatabaseIsUpgraded) {
  RawDatabase raw(dir / "older.db");
  for (const Migration& migration : migrations().first(9)) raw.execute(migration.sql);
  raw.execute(
      "INSERT INTO runs(number, id, deployment_id, version_id, version_number, environment, status, "
      "incoming_webhook_id, created_at, completed_at, output) VALUES"
      "(7, 'run_7', 'dep_1', 'ver_1', 1, 'staging', 'failed', 'iwh_1', 1, 2, '{}'), "
      "(8, 'run_8', 'dep_2', 'ver_2', 1, 'staging', 'failed', NULL, 1, 2, '{}'), "
      "(9, 'run_9', 'dep_1', 'ver_1', 1, 'staging', 'running', 'iwh_1', 1, NULL, NULL)");
  raw.execute(migrations()[9].sql);
  EXPECT_EQ(migrations()[9].name, "run_lists");
  const auto list = [&raw](const std::string& column, const std::string& owner, const std::string& status) {
    return raw.query("SELECT r.number, r.id, ifnull(output, '-') FROM runs r JOIN run_lists l ON l.number = " + column +
                     " WHERE l.owner_id = '" + owner + "' AND l.status = '" + status + "' ORDER BY r.number");
  };
  EXPECT_THAT(list("webhook_list", "iwh_1", ""), ElementsAre("7|run_7|{}", "9|run_9|-"));
  EXPECT_THAT(list("ended_list", "", "failed"), ElementsAre("7|run_7|{}", "8|run_8|{}"));
  EXPECT_THAT(list("ended_of_deployment_list", "dep_1", "failed"), ElementsAre("7|run_7|{}"));
  EXPECT_THAT(raw.query("SELECT owner_id, environment, status FROM run_lists ORDER BY 1"),
              ElementsAre("|staging|failed", "dep_1|staging|failed", "dep_2|staging|failed", "iwh_1||"));
}

TEST_F(Runs, APageOfLargePayloadsEndsEarly) {
  std::vector<RunId> all;
  for (int i = 0; i < 8; ++i) {
    RunRow run = new_run(deployment, version);
    run.input = R"({"text":")" + std::string(1'000'000, 'x') + R"("})";
    write([&](Tx& tx) { insert_run(tx, run); });
    all.insert(all.begin(), run.id);
  }
  const auto first = list({}, {20, std::nullopt});
  EXPECT_LT(first.rows.size(), 8u);
  ASSERT_TRUE(first.next);
  auto found = ids_of(first);
  const auto rest = ids_of(list({}, {20, first.next}));
  found.insert(found.end(), rest.begin(), rest.end());
  EXPECT_EQ(found, all);
}

TEST_F(Runs, LogLinesAreReadOldestFirst) {
  const RunRow run = add(RunStatus::running, deployment);
  const RunRow other = add(RunStatus::running, deployment);
  const std::vector<RunEvent> lines{{2, clock.now(), "log", "info", "one"},
                                    {3, clock.now() + 1ms, "log", "error", std::string(5000, 'x')},
                                    {4, clock.now() + 2ms, "step", "", "{}"},
                                    {5, clock.now() + 3ms, "log", "info", ""}};
  write([&](Tx& tx) {
    insert_run_events(tx, run.id, lines);
    insert_run_events(tx, other.id, std::span(lines).first(1));
  });
  const auto first = read([&](Tx& tx) { return list_log_lines(tx, run.id, {2, std::nullopt}); });
  ASSERT_EQ(first.rows.size(), 2u);
  EXPECT_EQ(first.rows[0].message, "one");
  EXPECT_EQ(first.rows[1].id, 3);
  EXPECT_EQ(first.rows[1].level, "error");
  EXPECT_EQ(first.rows[1].timestamp, lines[1].timestamp);
  EXPECT_EQ(first.rows[1].message, lines[1].text);
  EXPECT_EQ(first.next, "3");
  const auto second = read([&](Tx& tx) { return list_log_lines(tx, run.id, {2, first.next}); });
  ASSERT_EQ(second.rows.size(), 1u);
  EXPECT_EQ(second.rows[0].message, "");
  EXPECT_FALSE(second.next);
}

TEST_F(Runs, AnIdempotencyKeyIsKnownUntilItExpires) {
  const RunRow run = add(RunStatus::running, deployment);
  const IdempotencyRecord record{"iwh_1", "key-1", std::string(32, '\x01'), run.id, clock.now()};
  write([&](Tx& tx) { insert_idempotency_record(tx, record); });
  const auto find = [&](std::string_view scope, std::string_view key) {
    return read([&](Tx& tx) { return find_idempotency_record(tx, scope, key, clock.now() - 24h); });
  };
  EXPECT_EQ(find("iwh_1", "key-1")->run_id, run.id);
  EXPECT_EQ(find("iwh_1", "key-1")->body_sha256, record.body_sha256);
  EXPECT_FALSE(find("iwh_2", "key-1"));
  EXPECT_FALSE(find("iwh_1", "key-2"));
  clock.advance(24h);
  EXPECT_TRUE(find("iwh_1", "key-1"));
  clock.advance(1ms);
  EXPECT_FALSE(find("iwh_1", "key-1"));

  const RunRow next = add(RunStatus::running, deployment);
  write([&](Tx& tx) {
    insert_idempotency_record(tx, {"iwh_1", "key-1", std::string(32, '\x02'), next.id, clock.now()});
  });
  EXPECT_EQ(find("iwh_1", "key-1")->run_id, next.id);
  write([&](Tx& tx) { delete_idempotency_records_of_run(tx, next.id); });
  EXPECT_FALSE(find("iwh_1", "key-1")) << "a run that never started frees its key";
}

}  // namespace
}  // namespace crewship
