// Runs while the database is slow, refuses, or was left by a crash.
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runs_fixture.hpp"
#include "support/blocked_writer.hpp"

namespace crewship {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class StorageTroubleTest : public RunsTest {
 protected:
  StorageTroubleTest() { max_queued_writes = 1; }

  // And its queue of one.
  void block_writer() { blocked_.emplace(loop, *store); }
  void release() { blocked_.reset(); }

 private:
  std::optional<BlockedWriter> blocked_;
};

TEST_F(StorageTroubleTest, TheEndOfARunIsTriedUntilItIsWritten) {
  deploy(shell("while [ ! -e " + mark("go") + " ]; do read x < /dev/null; done; echo done"));
  const auto id = launch()->run_id;
  block_writer();
  std::ofstream(mark("go")) << "\n";
  loop.until([&] { return log.has_line("run's state not written yet", id.text(), "storage_busy"); });
  EXPECT_EQ(runs->running(), 1u);
  clock.advance(99ms);
  loop.poll();
  release();
  clock.advance(1ms);
  await_all_ends();
  EXPECT_EQ(row(id).output, R"({"result":"done"})");
  EXPECT_THAT(deliveries(), SizeIs(1));
}

// It was told of the likely delivery before, and found none.
TEST_F(StorageTroubleTest, TheDispatcherIsToldAgainWhenTheEndIsWrittenLate) {
  deploy(shell("true"));
  launch_and_end();
  deploy(shell("while [ ! -e " + mark("go") + " ]; do read x < /dev/null; done"));
  const auto id = launch()->run_id;
  block_writer();
  std::ofstream(mark("go")) << "\n";
  loop.until([&] { return log.has_line("run's state not written yet", id.text(), "storage_busy"); });
  EXPECT_THAT(wake_up.woken, SizeIs(2));
  release();
  clock.advance(100ms);
  await_all_ends();
  EXPECT_THAT(wake_up.woken, SizeIs(3));
}

TEST_F(StorageTroubleTest, ALaunchThatCannotBeRecordedStartsNothing) {
  deploy(shell("echo > " + mark("ran")));
  block_writer();
  const auto launched = launch();
  ASSERT_FALSE(launched);
  EXPECT_EQ(launched.error().code, "storage_busy");
  EXPECT_EQ(runs->running(), 0u);
  release();
  await_all_ends();
  EXPECT_THAT(all_runs(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(mark("ran")));
}

class SlowStoreTest : public StorageTroubleTest {
 protected:
  SlowStoreTest() { max_queued_writes = 8192; }
};

TEST_F(SlowStoreTest, DoesNotHoldUpTheProgram) {
  deploy(python("import sys, os\nwhile not os.path.exists('" + mark("go") +
                "'): pass\nsys.stderr.write('a line\\n' * 1000000)\nsys.stderr.flush()\nopen('" + mark("written") +
                "', 'w').write('yes\\n')"));
  options.log_bytes = std::numeric_limits<std::size_t>::max();
  remake_executor();
  const auto id = launch()->run_id;
  block_writer();
  std::ofstream(mark("go")) << "\n";
  EXPECT_EQ(await_mark("written"), "yes");
  EXPECT_EQ(runs->running(), 1u);
  release();
  await_all_ends();
  const auto lines = log_of(id);
  EXPECT_LT(lines.size(), 1'000'000u);
  EXPECT_THAT(lines.back().message, HasSubstr("lines dropped"));
}

class RecoverTest : public RunsTest {
 protected:
  // A run as a crash leaves it.
  RunId leave_open(RunStatus status, const std::string& key) {
    return write([&](Tx& tx) { return leave_open(tx, status, key); });
  }
  RunId leave_open(Tx& tx, RunStatus status, const std::string& key) {
    const auto version = *live_version(tx, deployment, Environment::production);
    crewship::Run run;
    run.id = ids.make<RunId>();
    run.deployment_id = deployment;
    run.version_id = version.id;
    run.version_number = version.number;
    run.incoming_webhook_id = incoming;
    run.status = status;
    run.created_at = clock.now();
    if (status == RunStatus::running) run.started_at = clock.now();
    insert_run(tx, run);
    insert_idempotency_record(tx, {incoming.text(), key, keyed(key).idempotency->body_sha256, run.id, clock.now()});
    return run.id;
  }
};

TEST_F(RecoverTest, EndsWhatACrashLeftOpen) {
  deploy(shell("true"));
  const auto pending = leave_open(RunStatus::pending, "pending");
  const auto running = leave_open(RunStatus::running, "running");
  clock.advance(10s);
  ASSERT_TRUE(loop.run(runs->recover()));
  for (const auto& id : {pending, running}) {
    EXPECT_EQ(row(id).status, RunStatus::failed);
    EXPECT_EQ(row(id).error_message, "interrupted by a server restart");
    EXPECT_EQ(row(id).completed_at, clock.now());
    EXPECT_TRUE(log.has_line("run interrupted", id.text()));
  }
  ASSERT_THAT(deliveries(), SizeIs(2));
  EXPECT_EQ(deliveries().front().event, EventType::run_failed);
  EXPECT_THAT(wake_up.woken, ElementsAre(outgoing));
  // The key of what never started is free again; the other is answered with its run.
  EXPECT_FALSE(launch(keyed("pending"))->replayed);
  const auto replay = launch(keyed("running"));
  EXPECT_TRUE(replay->replayed);
  EXPECT_EQ(replay->run_id, running);
}

TEST_F(RecoverTest, TakesAnyNumberInPortions) {
  deploy(shell("true"));
  write([this](Tx& tx) {
    for (int i = 0; i < 1001; ++i) leave_open(tx, RunStatus::running, std::to_string(i));
  });
  ASSERT_TRUE(loop.run(runs->recover()));
  const auto open = read([](Tx& tx) { return open_runs(tx, 10); });
  EXPECT_THAT(open, IsEmpty());
}

TEST_F(RecoverTest, DoesNothingWhenAllHasEnded) {
  deploy(shell("true"));
  launch_and_end();
  const auto before = deliveries().size();
  ASSERT_TRUE(loop.run(runs->recover()));
  EXPECT_EQ(deliveries().size(), before);
}

}  // namespace
}  // namespace crewship
