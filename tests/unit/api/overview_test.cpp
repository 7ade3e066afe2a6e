// Whether everything is all right, at one look.
#include "api_fixture.hpp"

namespace crewship {
namespace {

using testing::IsEmpty;

class Overviews : public ApiTest {
 protected:
  Json overview(std::string_view query = {}) {
    const Answer answer = get("/v1/overview" + std::string(query));
    EXPECT_THAT(answer, Status(200));
    return answer.json();
  }
  void end_run_badly() {
    deploy(shell("exit 3"));
    launch_and_end();
  }
  void fail_an_attempt() {
    write([&](Tx& tx) {
      const std::array requests{ClaimRequest{.outgoing_webhook_id = outgoing, .limit = 1}};
      Attempt attempt =
          claim_due_deliveries(tx, requests, clock.now(), [&] { return ids.make<AttemptId>(); }).claimed.at(0).attempt;
      attempt.status = AttemptStatus::failed;
      attempt.error = "answered 500";
      const NextStep next{DeliveryStatus::failed, 7, {}, "answered 500", "answered 500"};
      record_attempt(tx, attempt, [&](const Delivery&, bool) { return next; }, clock.now());
    });
  }
};

TEST_F(Overviews, OfAQuietServer) {
  const Json quiet = overview();
  EXPECT_EQ(quiet["now"], format_timestamp(clock.now()));
  for (const char* figure : {"running", "waiting_callers", "failed_last_hour", "waiting_deliveries"}) {
    EXPECT_EQ(quiet[figure], 0) << figure;
  }
  EXPECT_EQ(quiet["oldest_waiting_delivery_at"], nullptr);
  EXPECT_EQ(quiet["bucket_seconds"], 60);
  EXPECT_THAT(quiet["attention"], IsEmpty());
  ASSERT_EQ(quiet["runs"].size(), 60U);
  EXPECT_EQ(quiet["runs"][59],
            Json({{"at", "2025-01-15T10:30:00.000Z"}, {"succeeded", 0}, {"failed", 0}, {"canceled", 0}}));
  EXPECT_EQ(quiet["deliveries"][0], Json({{"at", "2025-01-15T09:31:00.000Z"}, {"succeeded", 0}, {"failed", 0}}));
}

TEST_F(Overviews, FiguresSayWhatHappensNow) {
  end_run_badly();
  EXPECT_EQ(overview()["failed_last_hour"], 1);
  EXPECT_EQ(overview()["waiting_deliveries"], 1);
  EXPECT_EQ(overview()["oldest_waiting_delivery_at"], format_timestamp(clock.now()));
  clock.advance(1h);
  EXPECT_EQ(overview()["failed_last_hour"], 0);
  deploy(shell("exec sleep 1000"));
  ASSERT_TRUE(launch());
  EXPECT_EQ(overview()["running"], 1);
}

TEST_F(Overviews, RangesHaveTheirBuckets) {
  deploy(BuiltinRunner{"echo"});
  launch_and_end();
  clock.advance(7h);
  end_run_badly();
  const Json day = overview("?range=24h");
  EXPECT_EQ(day["bucket_seconds"], 1800);
  ASSERT_EQ(day["runs"].size(), 48U);
  EXPECT_EQ(day["runs"][47],
            Json({{"at", "2025-01-15T17:30:00.000Z"}, {"succeeded", 0}, {"failed", 1}, {"canceled", 0}}));
  EXPECT_EQ(day["runs"][33]["at"], "2025-01-15T10:30:00.000Z");
  EXPECT_EQ(day["runs"][33]["succeeded"], 1);
  const Json week = overview("?range=7d");
  EXPECT_EQ(week["bucket_seconds"], 10800);
  ASSERT_EQ(week["runs"].size(), 56U);
  EXPECT_EQ(week["runs"][55]["at"], "2025-01-15T15:00:00.000Z");
  EXPECT_EQ(week["runs"][55]["failed"], 1);
  EXPECT_EQ(week["runs"][53]["succeeded"], 1);
  EXPECT_EQ(overview("?range=7d&environment=staging")["runs"][55]["failed"], 0);
}

TEST_F(Overviews, WhatKeepsFailingIsNamedSinceWhen) {
  end_run_badly();
  const std::string since = format_timestamp(clock.now());
  fail_an_attempt();
  const Json attention = overview()["attention"];
  ASSERT_EQ(attention.size(), 2U);
  EXPECT_EQ(attention[0], Json({{"kind", "outgoing_webhook"},
                                {"id", outgoing.text()},
                                {"name", "receiver"},
                                {"deployment_id", deployment.text()},
                                {"environment", "production"},
                                {"version_number", nullptr},
                                {"since", since},
                                {"failures", 1},
                                {"error", "answered 500"}}));
  EXPECT_EQ(attention[1]["kind"], "version");
  EXPECT_EQ(attention[1]["name"], "crew");
  EXPECT_EQ(attention[1]["version_number"], 1);
  EXPECT_EQ(attention[1]["error"], "exited with status 3");
  EXPECT_THAT(overview("?environment=staging")["attention"], IsEmpty());
  deploy(BuiltinRunner{"echo"});  // another version is live
  EXPECT_EQ(overview()["attention"].size(), 1U);
}

TEST_F(Overviews, RefusalsAtTheDoorAreShownToTheOwner) {
  std::vector<Refusal> refused{{incoming, "not_found", "the webhook is disabled", clock.now() - 1min, clock.now(), 7},
                               {std::nullopt, "unknown_webhook", "no such token", clock.now(), clock.now(), 2},
                               {ids.make<IncomingWebhookId>(), "x", "deleted meanwhile", clock.now(), clock.now(), 1}};
  api = std::make_unique<Api>(
      *store, clock, random, ids, *runs, *feeds, changes, wake_up, builtins,
      ApiOptions{.public_url = "https://crews.example", .allow = {}, .refusals = [&] { return refused; }});
  router = Router();
  api->add_routes(router);
  const Json attention = overview()["attention"];
  ASSERT_EQ(attention.size(), 2U);
  EXPECT_EQ(attention[0]["kind"], "refusals");
  EXPECT_EQ(attention[0]["id"], incoming.text());
  EXPECT_EQ(attention[0]["name"], "door");
  EXPECT_EQ(attention[0]["failures"], 7);
  EXPECT_EQ(attention[0]["error"], "the webhook is disabled");
  EXPECT_EQ(attention[1]["id"], nullptr);
}

TEST_F(Overviews, AskForWhatThereIs) {
  EXPECT_THAT(get("/v1/overview?range=1y"), RefusedField("invalid_filter", "range"));
  EXPECT_THAT(get("/v1/overview?environment=qa"), RefusedField("invalid_filter", "environment"));
  EXPECT_THAT(get("/v1/overview?since=1h"), Refused("unknown_parameter"));
}

}  // namespace
}  // namespace crewship
