#include "api_fixture.hpp"

namespace crewship {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Deliveries : public ApiTest {
 protected:
  static std::string target(const DeliveryId& id, std::string_view rest = {}) {
    return path("deliveries", id.text(), rest);
  }
  // The delivery of a run of echo, and one attempt that came to this.
  DeliveryId tried_delivery(int response_status, std::string_view response) {
    deploy(BuiltinRunner{"echo"});
    launch_and_end();
    return write([&](Tx& tx) {
      const std::array requests{ClaimRequest{.outgoing_webhook_id = outgoing, .limit = 1}};
      const auto claimed =
          claim_due_deliveries(tx, requests, clock.now(), [&] { return ids.make<AttemptId>(); }).claimed.at(0);
      AttemptOutcome outcome;
      outcome.response_status = response_status;
      Attempt attempt = claimed.attempt;
      attempt.status = is_success(outcome) ? AttemptStatus::succeeded : AttemptStatus::failed;
      attempt.response_status = response_status;
      attempt.duration = 42ms;
      attempt.response_body = response;
      attempt.request_headers = {{"X-Crewship-Signature", "sha256=5f"}, {"X-Key", "***"}};
      const auto decide = [&](const Delivery& delivery, bool enabled) {
        return next_step(delivery, outcome, enabled, {.schedule = {5s}}, clock.now(), 0.0);
      };
      return record_attempt(tx, attempt, decide, clock.now()).id;
    });
  }
  DeliveryId in_flight_delivery() {
    const auto id = *DeliveryId::parse(post(of_outgoing("/test")).id());
    write([&](Tx& tx) {
      const std::array requests{ClaimRequest{.outgoing_webhook_id = outgoing, .limit = 1}};
      claim_due_deliveries(tx, requests, clock.now(), [&] { return ids.make<AttemptId>(); });
    });
    wake_up.woken.clear();
    return id;
  }
};

TEST_F(Deliveries, EveryAttemptIsShown) {
  const auto id = tried_delivery(503, "busy \"☂\"");
  Json shown = get(target(id)).json();
  const auto run = all_runs().at(0);
  EXPECT_EQ(shown["request_body"], read([&](Tx& tx) { return find_delivery(tx, id)->body; }));
  shown.erase("request_body");  // only here
  EXPECT_EQ(shown,
            Json({{"id", id.text()},
                  {"outgoing_webhook_id", outgoing.text()},
                  {"outgoing_webhook_name", "receiver"},
                  {"deployment_id", deployment.text()},
                  {"environment", "production"},
                  {"url", "https://example.com/hook"},
                  {"run_id", run.id.text()},
                  {"event", "run.succeeded"},
                  {"status", "pending"},
                  {"error", nullptr},
                  {"created_at", "2025-01-15T10:30:00.000Z"},
                  {"next_attempt_at", "2025-01-15T10:30:05.000Z"},
                  {"completed_at", nullptr},
                  {"attempts", Json::array({Json({{"id", shown["attempts"][0]["id"]},
                                                  {"number", 1},
                                                  {"status", "failed"},
                                                  {"response_status", 503},
                                                  {"error", "answered 503"},
                                                  {"started_at", "2025-01-15T10:30:00.000Z"},
                                                  {"duration_ms", 42},
                                                  {"response_body", "busy \"☂\""},
                                                  {"url", "https://example.com/hook"},
                                                  {"request_headers", Json({{"X-Crewship-Signature", "sha256=5f"},
                                                                            {"X-Key", "***"}})}})})}}));
  EXPECT_TRUE(AttemptId::parse(shown["attempts"][0]["id"].get<std::string>()));
  EXPECT_EQ(get(of_outgoing("/deliveries")).json()["deliveries"][0], shown);
}

TEST_F(Deliveries, AnAttemptUnderWayHasNoOutcomeYet) {
  const Json attempt = get(target(in_flight_delivery())).json()["attempts"][0];
  EXPECT_EQ(attempt["status"], "in_flight");
  for (const char* field : {"response_status", "error", "duration_ms", "response_body", "request_headers"}) {
    EXPECT_EQ(attempt.at(field), nullptr) << field;
  }
}

TEST_F(Deliveries, AreFilteredByStatus) {
  const auto failed = failed_delivery().id;
  const std::string waiting = post(of_outgoing("/test")).id();
  const auto ids_of = [this](std::string_view query) {
    std::vector<std::string> all;
    const Json list = get(of_outgoing("/deliveries" + std::string(query))).json();
    for (const auto& row : list["deliveries"]) all.push_back(row["id"].get<std::string>());
    return all;
  };
  EXPECT_THAT(ids_of(""), ElementsAre(waiting, failed.text()));
  EXPECT_THAT(ids_of("?status=failed"), ElementsAre(failed.text()));
  EXPECT_THAT(ids_of("?status=pending"), ElementsAre(waiting));
  EXPECT_THAT(ids_of("?status=succeeded"), IsEmpty());
}

TEST_F(Deliveries, OfTheWholeServerAreOneListWithFilters) {
  const auto of_run = tried_delivery(200, "");
  const auto failed = failed_delivery().id;
  const std::string other = new_deployment();
  const std::string other_webhook =
      post(path("deployments", other, "/outgoing-webhooks"),
           R"({"name":"crm","url":"https://example.com/","events":["run.failed"],"environment":"staging"})")
          .id();
  const std::string test = post(path("outgoing-webhooks", other_webhook, "/test")).id();
  const auto ids_of = [this](const std::string& query) {
    std::vector<std::string> all;
    const Answer list = get("/v1/deliveries" + query);
    EXPECT_THAT(list, Status(200));
    for (const auto& row : list.json()["deliveries"]) all.push_back(row["id"].get<std::string>());
    return all;
  };
  EXPECT_THAT(ids_of(""), ElementsAre(test, failed.text(), of_run.text()));
  EXPECT_THAT(ids_of("?status=failed"), ElementsAre(failed.text()));
  EXPECT_THAT(ids_of("?status=pending&environment=production"), IsEmpty());
  EXPECT_THAT(ids_of("?event=webhook.test"), ElementsAre(test));
  EXPECT_THAT(ids_of("?environment=staging"), ElementsAre(test));
  EXPECT_THAT(ids_of("?deployment_id=" + deployment.text()), ElementsAre(failed.text(), of_run.text()));
  EXPECT_THAT(ids_of("?deployment_id=" + other + "&environment=production"), IsEmpty());
  EXPECT_THAT(ids_of("?outgoing_webhook_id=" + other_webhook), ElementsAre(test));
  EXPECT_THAT(ids_of("?outgoing_webhook_id=" + other_webhook + "&deployment_id=" + deployment.text()), IsEmpty());
  EXPECT_THAT(ids_of("?run_id=" + all_runs().at(0).id.text()), ElementsAre(of_run.text()));
  EXPECT_THAT(ids_of("?run_id=" + all_runs().at(0).id.text() + "&status=failed"), IsEmpty());
  EXPECT_THAT(ids_of("?run_id=" + all_runs().at(0).id.text() + "&environment=staging"), IsEmpty());
  EXPECT_EQ(get("/v1/deliveries").json()["deliveries"][0]["outgoing_webhook_name"], "crm");
  EXPECT_FALSE(get("/v1/deliveries").json()["deliveries"][0].contains("request_body"));
  for (const char* filter : {"status", "event", "environment", "deployment_id", "outgoing_webhook_id", "run_id"}) {
    EXPECT_THAT(get("/v1/deliveries?" + std::string(filter) + "=nonsense"), RefusedField("invalid_filter", filter));
  }
}

TEST_F(Deliveries, ADeletedWebhooksStillSayWhoseTheyWere) {
  const auto id = failed_delivery().id;
  remove(of_outgoing());
  EXPECT_EQ(get(target(id)).text("outgoing_webhook_name"), "receiver");
  EXPECT_EQ(get("/v1/deliveries?deployment_id=" + deployment.text()).json()["deliveries"][0]["id"], id.text());
}

TEST_F(Deliveries, RedeliveryMakesAFailedOneDueAgain) {
  const auto id = failed_delivery().id;
  clock.advance(1h);
  const Answer answer = post(target(id, "/redeliver"));
  EXPECT_THAT(answer, Status(202));
  EXPECT_EQ(answer.id(), id.text());
  EXPECT_EQ(answer.text("status"), "pending");
  EXPECT_EQ(answer.text("next_attempt_at"), format_timestamp(clock.now()));
  EXPECT_EQ(answer.json()["error"], nullptr);
  EXPECT_EQ(answer.json()["completed_at"], nullptr);
  EXPECT_THAT(wake_up.woken, ElementsAre(outgoing));
}

TEST_F(Deliveries, RedeliveryOfOneThatArrivedSendsItOnceMore) {
  const auto id = tried_delivery(200, "");
  const Answer answer = post(target(id, "/redeliver"));
  EXPECT_THAT(answer, Status(202));
  EXPECT_EQ(answer.text("status"), "pending");
  EXPECT_EQ(answer.json()["attempts"].size(), 1U);
}

TEST_F(Deliveries, RedeliveryOfOneInFlightIsAccepted) {
  const auto id = in_flight_delivery();
  EXPECT_THAT(post(target(id, "/redeliver")), Status(202));
  EXPECT_THAT(wake_up.woken, ElementsAre(outgoing));
}

TEST_F(Deliveries, RedeliveryNeedsAnEnabledWebhook) {
  const auto id = failed_delivery().id;
  ASSERT_THAT(patch(of_outgoing(), R"({"enabled":false})"), Status(200));
  EXPECT_THAT(post(target(id, "/redeliver")), Status(409));
  EXPECT_THAT(post(target(id, "/redeliver")), Refused("webhook_disabled"));
  ASSERT_THAT(remove(of_outgoing()), Status(204));
  EXPECT_THAT(post(target(id, "/redeliver")), Status(409));
  EXPECT_THAT(wake_up.woken, IsEmpty());
}

TEST_F(Deliveries, AnUnknownOneIsNotFound) {
  for (const auto& id : {std::string("dlv_x"), outgoing.text(), ids.make<DeliveryId>().text()}) {
    EXPECT_THAT(get("/v1/deliveries/" + id), Refused("not_found")) << id;
    EXPECT_THAT(post("/v1/deliveries/" + id + "/redeliver"), Refused("not_found")) << id;
  }
}

}  // namespace
}  // namespace crewship
