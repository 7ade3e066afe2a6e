// Starting on a data directory: what is made, and what is refused.
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <gmock/gmock.h>

#include <crewship/base/time_format.hpp>

#include "../../../src/store/schema.hpp"
#include "raw_database.hpp"
#include "store_fixture.hpp"

namespace crewship {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

unsigned mode_of(const fs::path& file) { return static_cast<unsigned>(fs::status(file).permissions()) & 07777; }

using StoreOpen = StoreTest;

TEST_F(StoreOpen, MakesTheDataDirectoryForItsOwnerOnly) {
  data_dir = dir / "deep" / "data/";
  open();
  EXPECT_EQ(mode_of(data_dir), 0700u);
  EXPECT_EQ(mode_of(data_dir / "crewship.db"), 0600u);
  EXPECT_EQ(mode_of(data_dir / "crewship.db-wal"), 0600u);
}

TEST_F(StoreOpen, RecordsEachMigration) {
  open();
  close();
  RawDatabase raw(data_dir / "crewship.db");
  std::vector<std::string> expected;
  for (const Migration& migration : migrations()) {
    expected.push_back(std::to_string(migration.version) + "|" + std::string(migration.name) + "|" +
                       std::to_string(unix_milliseconds(clock.now())));
  }
  EXPECT_EQ(raw.query("SELECT version, name, applied_at FROM schema_migrations"), expected);
  EXPECT_THAT(raw.query("PRAGMA user_version"), ElementsAre(std::to_string(migrations().back().version)));
  EXPECT_THAT(raw.query("PRAGMA journal_mode"), ElementsAre("wal"));
}

// A number that the next line still has must not stop the one before it, whichever is moved first.
TEST_F(StoreOpen, LogLinesOfAnOlderSchemaMakeRoomForTheRunsStart) {
  RawDatabase raw(dir / "older.db");
  for (const Migration& migration : migrations().first(2)) raw.execute(migration.sql);
  raw.execute(
      "INSERT INTO run_log_lines(run_id, line, logged_at, level, message) VALUES('run_a', 1, 5, 'info', 'one'), "
      "('run_a', 2, 6, 'info', 'two'), ('run_a', 3, 7, 'error', 'three'), ('run_b', 1, 8, 'info', 'other')");
  raw.execute(migrations()[2].sql);
  EXPECT_EQ(migrations()[2].name, "run_events");
  EXPECT_THAT(raw.query("SELECT run_id, line, logged_at, message FROM run_log_lines ORDER BY run_id, line"),
              ElementsAre("run_a|2|5|one", "run_a|3|6|two", "run_a|4|7|three", "run_b|2|8|other"));
}

TEST_F(StoreOpen, WhatWaitedOrWasInFlightInAnOlderSchemaIsFoundInItsPlace) {
  RawDatabase raw(dir / "older.db");
  for (const Migration& migration : migrations().first(7)) raw.execute(migration.sql);
  raw.execute(
      "INSERT INTO deliveries(id, outgoing_webhook_id, event, status, retry_step, is_retry, attempt_count, "
      "redelivery_requested, created_at, next_attempt_at, completed_at) VALUES"
      "('dlv_flies', 'owh_1', 'run.failed', 'pending', 1, 1, 2, 0, 5, NULL, NULL), "
      "('dlv_waits', 'owh_1', 'run.failed', 'pending', 1, 1, 1, 0, 5, 9, NULL), "
      "('dlv_ended', 'owh_1', 'run.failed', 'succeeded', 0, 1, 1, 0, 5, NULL, 7);"
      "INSERT INTO attempts(delivery_id, number, id, status, started_at, url) VALUES"
      "('dlv_flies', 1, 'att_1', 'failed', 5, 'http://a/'), ('dlv_flies', 2, 'att_2', 'in_flight', 6, 'http://b/'), "
      "('dlv_waits', 1, 'att_3', 'failed', 5, NULL), ('dlv_ended', 1, 'att_4', 'succeeded', 5, NULL)");
  raw.execute(migrations()[7].sql);
  EXPECT_EQ(migrations()[7].name, "delivery_queue");
  EXPECT_THAT(raw.query("SELECT * FROM waiting_deliveries"), ElementsAre("owh_1|1|9|dlv_waits"));
  EXPECT_THAT(raw.query("SELECT * FROM attempts_in_flight"), ElementsAre("dlv_flies|2|att_2|6|http://b/"));
  EXPECT_THAT(raw.query("SELECT id FROM attempts ORDER BY id"), ElementsAre("att_1", "att_3", "att_4"));
}

TEST_F(StoreOpen, FindsWhatWasWrittenBefore) {
  open();
  const DeploymentId deployment = add_deployment();
  reopen();
  EXPECT_TRUE(read([&](Tx& tx) { return find_deployment(tx, deployment); }));
  close();
  RawDatabase raw(data_dir / "crewship.db");
  EXPECT_THAT(raw.query("SELECT count(*) FROM schema_migrations"), ElementsAre(std::to_string(migrations().size())));
}

TEST_F(StoreOpen, RefusesASecondDaemonAndNamesTheFirst) {
  open();
  const auto second = try_open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "data_dir_locked");
  EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(::getpid())));
  close();
  EXPECT_TRUE(try_open());
}

TEST_F(StoreOpen, RefusesANewerSchemaAndLeavesItAlone) {
  open();
  close();
  RawDatabase(data_dir / "crewship.db").execute("PRAGMA user_version=99");
  const std::string before = file_content(data_dir / "crewship.db");
  const auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "newer_schema");
  EXPECT_THAT(opened.error().message, HasSubstr("schema version 99"));
  EXPECT_EQ(file_content(data_dir / "crewship.db"), before);
}

TEST_F(StoreOpen, RefusesTheDatabaseOfAnotherProgram) {
  open();
  close();
  fs::remove(data_dir / "crewship.db");
  RawDatabase(data_dir / "crewship.db").execute("CREATE TABLE theirs(x)");
  const auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "foreign_database");
}

TEST_F(StoreOpen, RefusesAFileThatIsNoDatabase) {
  open();
  close();
  std::ofstream(data_dir / "crewship.db") << std::string(8192, 'x');
  const auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "not_a_database");
}

TEST_F(StoreOpen, RefusesADataDirectoryThatCannotBeMade) {
  std::ofstream(dir / "file") << "in the way";
  data_dir = dir / "file" / "data";
  const auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "data_dir_unusable");
  EXPECT_THAT(opened.error().message, HasSubstr((dir / "file").string()));
}

TEST_F(StoreOpen, MakesAMasterKeyOnce) {
  open();
  const std::string key = file_content(data_dir / "master.key");
  EXPECT_EQ(key.size(), 65u);
  EXPECT_EQ(mode_of(data_dir / "master.key"), 0600u);
  reopen();
  EXPECT_EQ(file_content(data_dir / "master.key"), key);
}

TEST_F(StoreOpen, RefusesADatabaseWhoseKeyIsMissingAndMakesNoNewOne) {
  open();
  close();
  fs::remove(data_dir / "master.key");
  const auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "master_key_missing");
  EXPECT_THAT(opened.error().message, HasSubstr("master.key"));
  EXPECT_FALSE(fs::exists(data_dir / "master.key"));
}

TEST_F(StoreOpen, RefusesTheWrongKey) {
  open();
  close();
  std::ofstream(data_dir / "master.key") << std::string(64, 'a') << '\n';
  const auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "wrong_master_key");
}

TEST_F(StoreOpen, RefusesAKeyFileThatHoldsNoKey) {
  fs::create_directories(data_dir);
  std::ofstream(data_dir / "master.key") << "secret\n";
  const auto opened = try_open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, "bad_master_key");
  EXPECT_THAT(opened.error().message, HasSubstr("64 hexadecimal digits"));
}

TEST_F(StoreOpen, TakesTheOperatorsKeyFile) {
  master_key_file = dir / "given.key";
  const auto missing = try_open();
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, "master_key_missing");

  std::ofstream(master_key_file) << std::string(64, 'B');
  fs::permissions(master_key_file, fs::perms::owner_read | fs::perms::owner_write);
  open();
  EXPECT_FALSE(fs::exists(data_dir / "master.key"));
  close();

  // The same key as raw bytes.
  std::ofstream(master_key_file, std::ios::trunc) << std::string(32, '\xbb');
  EXPECT_TRUE(try_open());
  EXPECT_FALSE(log.has_line("master key can be read"));
}

TEST_F(StoreOpen, WarnsOfAKeyThatOthersCanRead) {
  open();
  close();
  fs::permissions(data_dir / "master.key", fs::perms::group_read, fs::perm_options::add);
  open();
  EXPECT_TRUE(log.has_line("master key can be read by other users", "master.key", "0640"));
}

}  // namespace
}  // namespace crewship
