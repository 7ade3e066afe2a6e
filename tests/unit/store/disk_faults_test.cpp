// A disk that is full or lies: what callers hear, and what is in the file afterwards.
#include <array>

#include <boost/asio/detached.hpp>
#include <gmock/gmock.h>

#include "fault_vfs.hpp"
#include "raw_database.hpp"
#include "store_fixture.hpp"
#include "support/blocked_writer.hpp"

namespace crewship {
namespace {

using Outcome = std::optional<Result<>>;

Task<void> insert_into(Store& store, Deployment deployment, Outcome& outcome) {
  outcome = co_await store.write([&deployment](Tx& tx) -> Result<> {
    insert_deployment(tx, deployment);
    return {};
  });
}

class DiskFaults : public StoreTest {
 protected:
  void SetUp() override { open(); }
  void TearDown() override { close(); }  // before the file layer goes

  Deployment new_deployment() { return {ids.make<DeploymentId>(), "crew", clock.now()}; }
  bool exists(const Deployment& deployment) {
    return read([&](Tx& tx) { return find_deployment(tx, deployment.id).has_value(); });
  }
  Result<> insert(const Deployment& deployment) {
    Outcome outcome;
    loop.run(insert_into(*store, deployment, outcome));
    return *outcome;
  }
  // All of them in one group: they queue while the writer is held by a first job.
  std::vector<Result<>> insert_as_group(const std::vector<Deployment>& deployments) {
    std::vector<Outcome> outcomes(deployments.size());
    BlockedWriter writer(loop, *store);  // so that what is asked for meanwhile becomes one group
    for (std::size_t i = 0; i < deployments.size(); ++i) {
      asio::co_spawn(loop.context(), insert_into(*store, deployments[i], outcomes[i]), asio::detached);
    }
    loop.poll();
    writer.release();
    loop.until([&] { return std::ranges::all_of(outcomes, [](const Outcome& o) { return o.has_value(); }); });
    std::vector<Result<>> results;
    for (Outcome& outcome : outcomes) results.push_back(*std::move(outcome));
    return results;
  }

  FaultVfs disk;
};

TEST_F(DiskFaults, AFullDiskIsSaidAndGoesAway) {
  const Deployment lost = new_deployment();
  disk.disk_full = true;
  const auto refused = insert(lost);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "storage_full");
  EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(refused.error().retry_after, 5s);

  disk.disk_full = false;
  const Deployment kept = new_deployment();
  EXPECT_TRUE(insert(kept));
  reopen();
  EXPECT_FALSE(exists(lost));
  EXPECT_TRUE(exists(kept));
  EXPECT_TRUE(fatal_errors.empty());
}

TEST_F(DiskFaults, AFullDiskFailsTheWholeGroup) {
  const std::vector<Deployment> deployments{new_deployment(), new_deployment(), new_deployment()};
  disk.disk_full = true;
  for (const auto& result : insert_as_group(deployments)) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "storage_full");
  }
  disk.disk_full = false;
  for (const Deployment& deployment : deployments) EXPECT_FALSE(exists(deployment));
}

TEST_F(DiskFaults, WhetherTheDiskTakesWritesIsAskedOnlyAfterItDidNot) {
  const auto writable = [this] { return loop.run(store->check_writable()); };
  EXPECT_TRUE(writable());
  disk.disk_full = true;
  EXPECT_TRUE(writable()) << "nobody has found out yet";
  EXPECT_FALSE(insert(new_deployment()));
  EXPECT_EQ(writable().error().code, "storage_full");
  disk.disk_full = false;
  EXPECT_TRUE(writable()) << "though nobody else has written since";
  const int syncs = disk.log_syncs;
  EXPECT_TRUE(writable());
  EXPECT_EQ(disk.log_syncs, syncs) << "no write as long as all is well";
}

TEST_F(DiskFaults, AWriteThatSucceedsSaysThatTheDiskTakesThem) {
  disk.disk_full = true;
  EXPECT_FALSE(insert(new_deployment()));
  disk.disk_full = false;
  EXPECT_TRUE(insert(new_deployment()));
  const int syncs = disk.log_syncs;
  EXPECT_TRUE(loop.run(store->check_writable()));
  EXPECT_EQ(disk.log_syncs, syncs);
}

// With this much to write, SQLite runs out of cache and writes before the commit: it is a job that finds the disk full,
// and SQLite undoes the whole transaction, also what its neighbours did.
TEST_F(DiskFaults, AJobThatFindsTheDiskFullFailsThoseBeforeIt) {
  Outcome first;
  Outcome second;
  Outcome third;
  const Deployment before = new_deployment();
  const Deployment behind = new_deployment();
  BlockedWriter writer(loop, *store);  // so that what is asked for meanwhile becomes one group
  asio::co_spawn(loop.context(), insert_into(*store, before, first), asio::detached);
  auto big = [&](Tx& tx) -> Result<> {
    disk.disk_full = true;
    for (int i = 0; i < 40; ++i) {
      Deployment deployment = new_deployment();
      deployment.name.assign(std::size_t{1} << 20, 'x');
      insert_deployment(tx, deployment);
    }
    return {};
  };
  asio::co_spawn(loop.context(), store->write(big),
                 [&](std::exception_ptr, Result<> result) { second = std::move(result); });
  auto free_and_insert = [&](Tx& tx) -> Result<> {
    disk.disk_full = false;
    insert_deployment(tx, behind);
    return {};
  };
  asio::co_spawn(loop.context(), store->write(free_and_insert),
                 [&](std::exception_ptr, Result<> result) { third = std::move(result); });
  loop.poll();
  writer.release();
  loop.until([&] { return third.has_value(); });
  EXPECT_EQ(first->error().code, "storage_full");
  EXPECT_EQ(second->error().code, "storage_full");
  EXPECT_TRUE(third->has_value());
  EXPECT_FALSE(exists(before));
  EXPECT_TRUE(exists(behind));
}

TEST_F(DiskFaults, AFailedSyncIsFinal) {
  disk.sync_fails = true;
  const auto refused = insert(new_deployment());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "storage_failed");
  EXPECT_EQ(refused.error().kind, ErrorKind::internal);

  // Also when the disk pretends to be well again.
  disk.sync_fails = false;
  EXPECT_EQ(insert(new_deployment()).error().code, "storage_failed");
  EXPECT_THROW(exists(new_deployment()), std::runtime_error);
  loop.poll();
  ASSERT_EQ(fatal_errors.size(), 1u);
  EXPECT_EQ(fatal_errors[0].code, "storage_failed");
}

TEST_F(DiskFaults, AGroupSharesOneSync) {
  std::vector<Deployment> deployments;
  for (int i = 0; i < 50; ++i) deployments.push_back(new_deployment());
  const int before = disk.log_syncs;
  for (const auto& result : insert_as_group(deployments)) EXPECT_TRUE(result);
  EXPECT_EQ(disk.log_syncs - before, 1);
}

TEST_F(DiskFaults, ATransactionIsOneWriteToTheLogAlsoInAFileThatHadAnotherJournalMode) {
  close();
  RawDatabase(data_dir / "crewship.db").execute("PRAGMA journal_mode=DELETE");
  open();
  const int before = disk.log_writes;
  EXPECT_TRUE(insert(new_deployment()));
  EXPECT_EQ(disk.log_writes - before, 2) << "the log's header, which SQLite syncs first, and all pages";
}

TEST_F(DiskFaults, TheLogStaysBounded) {
  // 60 MiB in all; each transaction is small.
  const auto log_file = data_dir / "crewship.db-wal";
  for (int i = 0; i < 30; ++i) {
    Deployment deployment = new_deployment();
    deployment.name.assign(std::size_t{2} << 20, 'x');
    ASSERT_TRUE(insert(deployment));
    ASSERT_LT(std::filesystem::file_size(log_file), std::size_t{32} << 20);
  }
}

// A backup, say. Were each checkpoint to wait for it, this would take minutes.
TEST_F(DiskFaults, AReaderThatStaysHoldsUpNoWriteAndTheLogIsBoundedAgainWhenItHasGone) {
  const auto log_file = data_dir / "crewship.db-wal";
  const auto write_mebibytes = [this](int count) {
    for (int i = 0; i < count / 2; ++i) {
      Deployment deployment = new_deployment();
      deployment.name.assign(std::size_t{2} << 20, 'x');
      ASSERT_TRUE(insert(deployment));
    }
  };
  {
    RawDatabase reader(data_dir / "crewship.db");
    reader.execute("BEGIN; SELECT count(*) FROM deployments");
    write_mebibytes(140);
    EXPECT_GT(std::filesystem::file_size(log_file), std::size_t{128} << 20) << "the reader needs all of it";
  }
  write_mebibytes(16);
  EXPECT_LE(std::filesystem::file_size(log_file), std::size_t{64} << 20);
}

}  // namespace
}  // namespace crewship
