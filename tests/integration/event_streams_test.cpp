// Event streams over real sockets while time stands still: silence and hang-ups.
#include "app_fixture.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;
using testing::Not;

class EventStreams : public AppTest {
 protected:
  void SetUp() override {
    AppTest::SetUp();
    options.builtins.add("talk", [this](BuiltinCall call) { return talk(std::move(call), *go); });
  }
  // Says something and waits until the test lets it go.
  static Task<Result<std::string>> talk(BuiltinCall call, Timer& go) {
    call.log_line("one");
    call.event_line(R"({"type":"step","data":{"n":1}})");
    co_await go.wait(std::chrono::hours(24));
    co_return "{}";
  }
  void start_run() {
    start();
    deploy({{"type", "builtin"}, {"handler", "talk"}});
    run = made(door, Json::object())["run_id"].get<std::string>();
  }
  RawClient watch(const std::string& target) {
    RawClient client(loop, app->endpoints().front());
    client.send(request_text("GET", target, {}, "crw_test"));
    client.read_until([&] { return client.received().find("\r\n\r\n") != std::string::npos; });
    return client;
  }
  std::string of_run(std::string_view rest) const { return "/v1/runs/" + run + std::string(rest); }
  static void read_until(RawClient& client, std::string_view words) {
    client.read_until([&] { return client.received().find(words) != std::string::npos; });
  }
  // The journal writes what came after its interval.
  void pass_journal_interval() {
    loop.until([this] { return clock.until_next() && *clock.until_next() <= 100ms; });
    clock.advance(100ms);
  }
  std::string watchers() {
    const std::string metrics = get("/metrics").body;
    const auto at = metrics.find("\ncrewship_event_watchers ");
    return metrics.substr(at + 25, metrics.find('\n', at + 1) - at - 25);
  }

  std::unique_ptr<Timer> go = clock.make_timer(loop.executor());
  std::string run;
};

TEST_F(EventStreams, SayThatTheyAreThereEvery15Seconds) {
  start_run();
  pass_journal_interval();
  RawClient client = watch(of_run("/events"));
  read_until(client, R"("type":"step")");
  EXPECT_THAT(client.received(), Not(HasSubstr(": waiting")));
  for (int i = 0; i < 3; ++i) {
    loop.until([this] { return clock.until_next() && *clock.until_next() <= 15s; });
    const auto before = client.received().size();
    loop.poll();
    clock.advance(15s);
    client.read_until([&] { return client.received().size() > before; });
    EXPECT_TRUE(client.received().ends_with(": waiting\n\n\r\n")) << client.received();
  }
  go->wake();
  EXPECT_THAT(client.rest(), HasSubstr(R"("type":"complete")"));
}

TEST_F(EventStreams, OfTheWholeServerSayThatTheyAreThereToo) {
  start();
  RawClient listener = watch("/v1/events");
  for (int i = 0; i < 2; ++i) {
    loop.until([this] { return clock.until_next() && *clock.until_next() <= 15s; });
    const auto before = listener.received().size();
    loop.poll();
    clock.advance(15s);
    listener.read_until([&] { return listener.received().size() > before; });
    EXPECT_TRUE(listener.received().ends_with(": waiting\n\n\r\n")) << listener.received();
  }
}

TEST_F(EventStreams, AHangUpIsNoticedThoughNothingHappens) {
  start_run();
  RawClient client = watch(of_run("/events"));
  RawClient follower = watch(of_run("/logs?follow=true"));
  RawClient listener = watch("/v1/events");
  EXPECT_EQ(watchers(), "3");
  client.close();
  follower.close();
  listener.close();
  for (int tries = 0; tries < 100 && watchers() != "0"; ++tries) {
  }
  EXPECT_EQ(watchers(), "0");
  go->wake();
}

TEST_F(EventStreams, ADrainTellsHowTheRunEndedBeforeTheStreamsEnd) {
  start_run();
  RawClient client = watch(of_run("/events"));
  RawClient follower = watch(of_run("/logs?follow=true"));
  RawClient listener = watch("/v1/events");
  app->request_stop(0);
  loop.until([this] { return log.has_line("draining"); });
  go->wake();
  const std::string events = client.rest();
  const std::string lines = follower.rest();
  const std::string changes = listener.rest();
  for (RawClient* each : {&client, &follower, &listener}) each->close();
  EXPECT_EQ(end(), 0);
  EXPECT_THAT(events, HasSubstr(R"("type":"complete","data":{"status":"succeeded"})"));
  EXPECT_THAT(lines, HasSubstr("one\n"));
  EXPECT_THAT(changes, HasSubstr("\r\nContent-Type: text/event-stream\r\n"));
  EXPECT_THAT(changes, HasSubstr(R"("type":"run.succeeded")"));
  for (const std::string& each : {events, lines, changes}) {
    EXPECT_TRUE(each.ends_with("0\r\n\r\n")) << "it comes to its own end: " << each;
  }
}

TEST_F(EventStreams, StreamsOfRunsThatADrainInterruptsSaySo) {
  start();
  deploy({{"type", "command"}, {"command", {"sleep", "1000"}}});
  run = made(door, Json::object())["run_id"].get<std::string>();
  RawClient client = watch(of_run("/events"));
  app->request_stop(0);
  loop.until([this] { return log.has_line("draining"); });
  app->hurry();
  EXPECT_THAT(client.rest(), HasSubstr(R"("type":"complete","data":{"status":"failed"})"));
  client.close();
  EXPECT_EQ(end(), 0);
}

TEST_F(EventStreams, AStreamIsNoSlowRequest) {
  options.config.limits.request_timeout = 1s;
  options.config.limits.idle_timeout = 1s;
  start_run();
  RawClient client = watch(of_run("/events"));
  clock.advance(10s);
  loop.poll();
  go->wake();
  EXPECT_THAT(client.rest(), HasSubstr(R"("type":"complete")"));
}

}  // namespace
}  // namespace crewship
