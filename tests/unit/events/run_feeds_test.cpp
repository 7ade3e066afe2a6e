// Watching runs, over a real store: what a watcher gets, in which order, and how often it is read.
#include <crewship/events/run_feeds.hpp>

#include <optional>

#include <gmock/gmock.h>

#include <crewship/events/frame.hpp>

#include "unit/store/store_fixture.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class RunFeedsTest : public OpenStoreTest {
 protected:
  void SetUp() override {
    OpenStoreTest::SetUp();
    make_feeds(1048576);
    run = new_run(deployment, version);
    write([this](Tx& tx) { insert_run(tx, run); });
  }
  void TearDown() override {
    watches.clear();
    loop.run(feeds->close());
    EXPECT_TRUE(loop.idle());
  }
  void make_feeds(std::size_t buffer_bytes) {
    feeds = std::make_unique<RunFeeds>(loop.executor(), *store, clock, buffer_bytes, TaskGroup::FailureHandler{});
  }

  // The run goes on as its task would make it: first the store, then the feeds.
  void start() {
    run.status = RunStatus::running;
    run.started_at = clock.now();
    write([this](Tx& tx) { update_run(tx, run); });
    feeds->started(run);
  }
  void store_only(const std::vector<RunEvent>& events) {
    write([&](Tx& tx) { insert_run_events(tx, run.id, events); });
  }
  void happen(const std::vector<RunEvent>& events) {
    store_only(events);
    feeds->wrote(run.id, events);
  }
  RunEvent line(std::string message) { return {next_number++, clock.now(), "log", "info", std::move(message)}; }
  RunEvent event(std::string type) { return {next_number++, clock.now(), std::move(type), "", R"({"n":1})"}; }
  void end(RunStatus status = RunStatus::succeeded) {
    run.status = status;
    run.completed_at = clock.now();
    if (status == RunStatus::failed) run.error_message = "exited with status 3: \"no\"";
    write([this](Tx& tx) { update_run(tx, run); });
    feeds->ended(run, next_number);
  }

  RunWatch& watch(std::optional<std::int64_t> after = {}, FeedFormat format = FeedFormat::events) {
    watches.push_back(std::make_unique<RunWatch>(*feeds, run.id, format, after, format == FeedFormat::events));
    EXPECT_TRUE(loop.run(watches.back()->open()));
    return *watches.back();
  }
  // All that can be had without waiting.
  std::string given(RunWatch& watch) {
    std::string text;
    for (;;) {
      const auto piece = loop.run(watch.next(0ns)).value();
      text.append(piece.bytes);
      ended = piece.end;
      if (!piece.block) return text;
      if (piece.end) return text + "(end)";
    }
  }
  std::string start_frame() const {
    return "id: 1\ndata: {\"type\":\"run.started\",\"data\":{\"started_at\":\"2025-01-15T10:30:00.000Z\"},"
           "\"payload\":{\"started_at\":\"2025-01-15T10:30:00.000Z\"}}\n\n";
  }
  static std::string frame(std::int64_t number, std::string_view type, std::string_view data) {
    std::string text;
    append_frame(text, number, type, data);
    return text;
  }
  static std::string log_frame(std::int64_t number, const std::string& message) {
    return frame(number, "log",
                 R"({"level":"info","message":")" + message + R"(","timestamp":"2025-01-15T10:30:00.000Z"})");
  }

  std::unique_ptr<RunFeeds> feeds;
  crewship::Run run;
  std::int64_t next_number = 2;
  std::vector<std::unique_ptr<RunWatch>> watches;
  bool ended = false;
};

TEST_F(RunFeedsTest, AWatcherSeesTheRunFromItsStartToItsEnd) {
  RunWatch& early = watch();
  EXPECT_EQ(given(early), "");
  start();
  EXPECT_EQ(given(early), start_frame());
  happen({line("one"), event("step")});
  EXPECT_EQ(given(early), log_frame(2, "one") + frame(3, "step", R"({"n":1})"));
  end();
  EXPECT_EQ(given(early), frame(4, "run.completed", R"({"status":"succeeded"})") +
                              frame(5, "complete", R"({"status":"succeeded"})") + "(end)");
}

TEST_F(RunFeedsTest, SaysHowARunFailedOrWasCanceled) {
  RunWatch& watcher = watch();
  end(RunStatus::failed);
  EXPECT_EQ(given(watcher), frame(2, "run.failed", R"({"error":"exited with status 3: \"no\""})") +
                                frame(3, "complete", R"({"status":"failed"})") + "(end)");
  run = new_run(deployment, version);
  write([this](Tx& tx) { insert_run(tx, run); });
  start();
  end(RunStatus::canceled);
  EXPECT_EQ(given(watch(1)),
            frame(2, "run.canceled", "{}") + frame(3, "complete", R"({"status":"canceled"})") + "(end)");
}

TEST_F(RunFeedsTest, WhoComesLateGetsAllOfARunThatGoesOn) {
  start();
  happen({line("one")});
  RunWatch& late = watch();
  happen({line("two")});
  EXPECT_EQ(given(late), start_frame() + log_frame(2, "one") + log_frame(3, "two"));
}

TEST_F(RunFeedsTest, WhoComesBackGoesOnBehindTheLastEvent) {
  start();
  happen({line("one"), line("two"), line("three")});
  RunWatch& back = watch(3);
  EXPECT_EQ(given(back), log_frame(4, "three"));
  end();
  EXPECT_THAT(given(back), StartsWith("id: 5\n"));
  EXPECT_THAT(given(watch(0)), StartsWith(start_frame()));
  EXPECT_THAT(given(watch(4)), StartsWith("id: 5\n"));
  EXPECT_THAT(given(watch(5)), StartsWith("id: 6\n"));
}

TEST_F(RunFeedsTest, ACompleteComesEvenForOneWhoSawIt) {
  start();
  end();
  const std::string complete = frame(3, "complete", R"({"status":"succeeded"})") + "(end)";
  EXPECT_EQ(given(watch()), complete);
  EXPECT_EQ(given(watch(3)), complete);
  EXPECT_EQ(given(watch(999'999'999'999'999'999)), complete);
}

TEST_F(RunFeedsTest, AnIdFromTheFutureWaitsForTheEnd) {
  start();
  RunWatch& confused = watch(1000);
  happen({line("one")});
  EXPECT_EQ(given(confused), "");
  end();
  EXPECT_EQ(given(confused), frame(4, "complete", R"({"status":"succeeded"})") + "(end)");
}

TEST_F(RunFeedsTest, WhoFallsBehindTheBufferReadsTheStore) {
  make_feeds(1);
  start();
  RunWatch& slow = watch();
  given(slow);
  std::string expected;
  for (int i = 0; i < 500; ++i) {
    const auto number = next_number;
    const std::string message = std::to_string(i) + std::string(1000, 'x');
    happen({line(message)});
    expected += log_frame(number, message);
  }
  EXPECT_TRUE(given(slow) == expected);
  happen({line("in time")});
  EXPECT_EQ(given(slow), log_frame(502, "in time"));
}

TEST_F(RunFeedsTest, WhatWasWrittenBetweenTheLookAndTheWatchIsNotLostOrRepeated) {
  start();
  RunWatch& watcher = watch();
  const std::vector<RunEvent> events{line("one")};
  store_only(events);
  EXPECT_EQ(given(watcher), start_frame() + log_frame(2, "one"));
  feeds->wrote(run.id, events);
  EXPECT_EQ(given(watcher), "");
}

TEST_F(RunFeedsTest, ManyWatchersShareTheBytes) {
  start();
  happen({line("one")});
  std::vector<RunWatch*> many;
  for (int i = 0; i < 3; ++i) many.push_back(&watch());
  for (RunWatch* watcher : many) given(*watcher);
  happen({line("two")});
  std::vector<FeedPiece> pieces;
  for (RunWatch* watcher : many) pieces.push_back(loop.run(watcher->next(0ns)).value());
  EXPECT_EQ(pieces[0].bytes, log_frame(3, "two"));
  EXPECT_EQ(pieces[0].bytes.data(), pieces[1].bytes.data());
  EXPECT_EQ(pieces[0].bytes.data(), pieces[2].bytes.data());
}

TEST_F(RunFeedsTest, ManyWhoComeLateShareOneReadOfEachPage) {
  start();
  for (int i = 0; i < 200; ++i) happen({line(std::string(1000, 'x'))});
  RunWatch& first = watch();
  RunWatch& second = watch();
  for (int page = 0; page < 2; ++page) {
    const auto one = loop.run(first.next(0ns)).value();
    const auto same = loop.run(second.next(0ns)).value();
    EXPECT_GT(one.bytes.size(), 60'000u);
    EXPECT_EQ(one.bytes.data(), same.bytes.data());
  }
}

TEST_F(RunFeedsTest, NothingIsKeptOfARunThatNobodyWatches) {
  start();
  watch();
  EXPECT_EQ(feeds->watches(), 1u);
  watches.clear();
  EXPECT_EQ(feeds->watches(), 0u);
}

TEST_F(RunFeedsTest, TheLogIsPlainText) {
  start();
  happen({line("one"), event("step"), line("two")});
  RunWatch& follower = watch({}, FeedFormat::log_text);
  EXPECT_EQ(given(follower), "one\ntwo\n");
  happen({event("step")});
  happen({line("three")});
  EXPECT_EQ(given(follower), "three\n");
  end();
  EXPECT_EQ(given(follower), "(end)");
  EXPECT_EQ(given(watch({}, FeedFormat::log_text)), "one\ntwo\nthree\n(end)");
  EXPECT_EQ(given(watch(2, FeedFormat::log_text)), "two\nthree\n(end)");
}

TEST_F(RunFeedsTest, EachEventCanHaveItsTime) {
  RunWatch& watcher = watch({}, FeedFormat::timed_events);
  start();
  clock.advance(1s);
  happen({event("step")});
  clock.advance(1s);
  end();
  const std::string live = given(watcher);
  EXPECT_THAT(live,
              HasSubstr(R"("type":"step","data":{"n":1},"payload":{"n":1},"timestamp":"2025-01-15T10:30:01.000Z"})"));
  EXPECT_THAT(live, HasSubstr(R"("payload":{"status":"succeeded"},"timestamp":"2025-01-15T10:30:02.000Z"})"));
  // As it was: what is read from the store has the same times.
  EXPECT_EQ(given(watch(0, FeedFormat::timed_events)), live);
}

TEST_F(RunFeedsTest, ThereIsNothingToWatchOfARunThatIsNotThere) {
  RunWatch nobody(*feeds, ids.make<RunId>(), FeedFormat::events, {}, true);
  const auto opened = loop.run(nobody.open());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::not_found);
}

TEST_F(RunFeedsTest, SilenceIsSaidAfterItsTime) {
  RunWatch& watcher = watch();
  std::optional<Result<FeedPiece>> piece;
  asio::co_spawn(loop.context(), watcher.next(15s),
                 [&](const std::exception_ptr&, Result<FeedPiece> result) { piece = std::move(result); });
  loop.until([this] { return clock.until_next() == 15s; });
  clock.advance(15s);
  loop.until([&] { return piece.has_value(); });
  EXPECT_FALSE((*piece)->block);
  EXPECT_FALSE((*piece)->end);
}

TEST_F(RunFeedsTest, WakesWhoWaits) {
  start();
  RunWatch& watcher = watch();
  given(watcher);
  std::optional<Result<FeedPiece>> piece;
  asio::co_spawn(loop.context(), watcher.next(1h),
                 [&](const std::exception_ptr&, Result<FeedPiece> result) { piece = std::move(result); });
  loop.until([this] { return clock.until_next() == 1h; });
  happen({line("one")});
  loop.until([&] { return piece.has_value(); });
  EXPECT_EQ((*piece)->bytes, log_frame(2, "one"));
}

TEST_F(RunFeedsTest, EndsAllWatchesWhenItCloses) {
  RunWatch& watcher = watch();
  std::optional<Result<FeedPiece>> piece;
  asio::co_spawn(loop.context(), watcher.next(1h),
                 [&](const std::exception_ptr&, Result<FeedPiece> result) { piece = std::move(result); });
  loop.poll();
  loop.run(feeds->close());
  loop.until([&] { return piece.has_value(); });
  EXPECT_TRUE((*piece)->end);
  EXPECT_FALSE((*piece)->block);
}

}  // namespace
}  // namespace crewship
