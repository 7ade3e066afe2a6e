// Handlers that are compiled in.
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <crewship/store/activity.hpp>

#include "runs_fixture.hpp"

namespace crewship {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class BuiltinRunTest : public RunsTest {
 protected:
  BuiltinRunTest() {
    builtins.add("tell", tell);
    builtins.add("refuse", refuse);
    builtins.add("throw", throw_up);
    builtins.add("long", write_long);
    builtins.add("wait", [this](BuiltinCall call) { return wait(clock, loop.executor(), std::move(call)); });
  }

  static Task<Result<std::string>> tell(BuiltinCall call) {
    call.log_line("first");
    call.log_line("second");
    co_return call.run_id.text() + " " + call.deployment_id.text() + " " + std::to_string(call.version_number) + " " +
        std::string(to_string(call.environment)) + " " + call.env.at("KEY") + " " + call.input;
  }
  static Task<Result<std::string>> refuse(BuiltinCall) {
    co_return fail(ErrorKind::invalid, "no", "the crew is on strike");
  }
  static Task<Result<std::string>> throw_up(BuiltinCall) {
    throw std::runtime_error("bug");
    co_return "";
  }
  static Task<Result<std::string>> write_long(BuiltinCall) { co_return std::string(2000, 'x'); }
  static Task<Result<std::string>> wait(Clock& clock, Executor executor, BuiltinCall call) {
    const auto timer = clock.make_timer(executor);
    call.log_line("waiting");
    co_await timer->wait(10min);
    co_return "done";
  }
  RunId start(std::string handler, std::optional<std::chrono::seconds> time_limit = {}) {
    deploy(BuiltinRunner{std::move(handler)}, {{"KEY", "value"}}, time_limit);
    return launch()->run_id;
  }
  crewship::Run end_of(std::string handler) {
    const auto id = start(std::move(handler));
    await_all_ends();
    return row(id);
  }
};

TEST_F(BuiltinRunTest, EchoReturnsItsInput) {
  deploy(BuiltinRunner{"echo"});
  const auto launched = launch(request(R"({"x":[1,2]})"));
  ASSERT_TRUE(launched);
  await_all_ends();
  const auto run = row(launched->run_id);
  EXPECT_EQ(run.status, RunStatus::succeeded);
  EXPECT_EQ(run.output, R"({"x":[1,2]})");
  EXPECT_TRUE(run.started_at);
  EXPECT_THAT(deliveries(), SizeIs(1));
  EXPECT_THAT(wake_up.woken, ElementsAre(outgoing));
}

TEST_F(BuiltinRunTest, AFunctionHasEndedWhenItsCallerHearsOfIt) {
  builtins.add_function("count",
                        [](const std::string& input) -> Result<std::string> { return std::to_string(input.size()); });
  deploy(BuiltinRunner{"count"});
  clock.advance(1s);
  const auto launched = launch(keyed("once"));
  ASSERT_TRUE(launched);
  const auto run = row(launched->run_id);
  EXPECT_EQ(run.status, RunStatus::succeeded);
  EXPECT_EQ(run.output, R"({"result":2})");
  EXPECT_EQ(run.started_at, run.completed_at);
  EXPECT_THAT(deliveries(), SizeIs(1)) << "in the same transaction";
  EXPECT_TRUE(log.has_line("run started", run.id.text()));
  EXPECT_TRUE(log.has_line("run succeeded", run.id.text()));
  EXPECT_EQ(runs->metrics().succeeded.value(), 1U);
  const ActivityPieces minute{.from = clock.now(), .length = std::chrono::minutes(1), .count = 1};
  EXPECT_EQ(read([&](Tx& tx) { return run_activity(tx, minute, {}); }).front().succeeded, 1);
  const auto again = launch(keyed("once"));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->run_id, run.id);
}

TEST_F(BuiltinRunTest, AFunctionFailsInItsOwnWordsAndWhenItThrows) {
  builtins.add_function("refuse", [](const std::string&) -> Result<std::string> {
    return fail(ErrorKind::invalid, "no", "the crew is on strike");
  });
  builtins.add_function("throw", [](const std::string&) -> Result<std::string> { throw std::runtime_error("bug"); });
  builtins.add_function("long", [](const std::string&) -> Result<std::string> { return std::string(2000, 'x'); });
  options.output_bytes = 1999;
  remake_executor();
  EXPECT_EQ(end_of("refuse").error_message, "the crew is on strike");
  EXPECT_EQ(deliveries().front().event, EventType::run_failed);
  const auto threw = end_of("throw");
  EXPECT_EQ(threw.error_message, "handler failed: bug");
  EXPECT_TRUE(log.has_line("builtin handler threw", threw.id.text(), "bug"));
  EXPECT_EQ(end_of("long").error_message, "output exceeds 1999 bytes");
}

TEST_F(BuiltinRunTest, KnowsItsRunAndLogs) {
  const auto run = end_of("tell");
  EXPECT_EQ(run.output, "{\"result\":\"" + run.id.text() + " " + deployment.text() + " 1 production value {}\"}");
  EXPECT_THAT(messages_of(run.id), ElementsAre("first", "second"));
}

TEST_F(BuiltinRunTest, FailsInItsOwnWords) {
  EXPECT_EQ(end_of("refuse").error_message, "the crew is on strike");
  EXPECT_EQ(deliveries().front().event, EventType::run_failed);
}

TEST_F(BuiltinRunTest, FailsWhenItThrows) {
  const auto run = end_of("throw");
  EXPECT_EQ(run.error_message, "handler failed: bug");
  EXPECT_TRUE(log.has_line("builtin handler threw", run.id.text(), "bug"));
}

TEST_F(BuiltinRunTest, FailsWhenItsOutputIsTooLong) {
  options.output_bytes = 1999;
  remake_executor();
  EXPECT_EQ(end_of("long").error_message, "output exceeds 1999 bytes");
}

TEST_F(BuiltinRunTest, RunsAsLongAsItMay) {
  const auto id = start("wait");
  EXPECT_EQ(row(id).status, RunStatus::running);
  clock.advance(10min);
  await_all_ends();
  EXPECT_EQ(row(id).output, R"({"result":"done"})");
}

TEST_F(BuiltinRunTest, IsEndedByItsTimeLimit) {
  const auto id = start("wait", 30s);
  clock.advance(30s);
  await_all_ends();
  EXPECT_EQ(row(id).error_message, "exceeded its time limit of 30 s");
  EXPECT_THAT(messages_of(id), ElementsAre("waiting"));
}

TEST_F(BuiltinRunTest, IsEndedByACancel) {
  const auto id = start("wait");
  const auto canceled = loop.run(runs->cancel(id));
  ASSERT_TRUE(canceled);
  EXPECT_EQ(canceled->status, RunStatus::canceled);
  EXPECT_THAT(deliveries(), IsEmpty());
}

TEST_F(BuiltinRunTest, ThatDoesNotExistCannotStart) {
  deploy(BuiltinRunner{"nobody"});
  const auto launched = launch();
  ASSERT_FALSE(launched);
  EXPECT_EQ(launched.error().code, "run_failed_to_start");
  const auto run = row(RunId::parse(launched.error().run_id).value());
  EXPECT_EQ(run.error_message, "cannot start handler nobody: there is none of this name");
  EXPECT_EQ(run.started_at, std::nullopt);
}

}  // namespace
}  // namespace crewship
