// The whole daemon while somebody sets the system's clock: a retry is made when its time has passed, not before and not
// years later.
#include "app_fixture.hpp"

namespace crewship {
namespace {

Task<Response> answer_unavailable(Request&) { co_return empty_response(500); }

class AppClock : public AppTest, public testing::WithParamInterface<std::chrono::hours> {};

TEST_P(AppClock, SetNeitherLosesNorHurriesARetry) {
  options.config.delivery.allow = {*Cidr::parse("127.0.0.1/32")};
  IdGenerator ids(clock, random);
  int received = 0;
  Server receiver(loop.executor(), clock, ids, {}, [&received](Request& request) {
    ++received;
    return answer_unavailable(request);
  });
  ASSERT_TRUE(receiver.listen(*ListenAddress::parse("127.0.0.1:0"), std::nullopt));
  start();
  deploy({{"type", "builtin"}, {"handler", "echo"}});
  made("/v1/deployments/" + deployment + "/outgoing-webhooks",
       {{"name", "crm"},
        {"url", "http://127.0.0.1:" + std::to_string(receiver.local_endpoints().front().port()) + "/"},
        {"events", {"run.succeeded"}}});
  ASSERT_EQ(call("POST", door, "{}").status, 202);
  loop.until([this] { return log.has_line("delivery attempt failed", "attempt=1 "); });
  clock.advance(6s);
  loop.until([this] { return log.has_line("delivery attempt failed", "attempt=2 "); });

  // The third attempt is made after five minutes, give or take a tenth.
  clock.jump_wall(GetParam());
  clock.advance(1min);
  loop.until([this] { return log.has_line("the wall clock was set"); });
  for (int minute = 2; minute <= 4; ++minute) {
    clock.advance(1min);
    call("GET", "/v1/deployments");  // whatever was due by now has been claimed
    EXPECT_EQ(received, 2);
  }
  clock.advance(1min);
  clock.advance(1min);
  loop.until([this] { return log.has_line("delivery attempt failed", "attempt=3 "); });
  EXPECT_EQ(received, 3);

  EXPECT_EQ(stop(), 0);
  app.reset();
  loop.run(receiver.stop(0ms));
}

INSTANTIATE_TEST_SUITE_P(By, AppClock, testing::Values(24h, -24h, 24h * 3653, -24h * 3653), [](const auto& info) {
  return (info.param < 0h ? "MinusHours" : "PlusHours") + std::to_string(std::abs(info.param.count()));
});

}  // namespace
}  // namespace crewship
