#include "api_fixture.hpp"

namespace crewship {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::Pair;

class OutgoingWebhooks : public ApiTest {
 protected:
  Answer create(std::string body) { return post(of_deployment("/outgoing-webhooks"), std::move(body)); }
  // Everything that is needed, with one field replaced or added.
  Answer create_with(const std::string& field, const Json& value) {
    Json body{{"name", "crm"}, {"url", "https://example.com/hook"}, {"events", {"run.succeeded"}}};
    body[field] = value;
    return create(body.dump());
  }
  Answer patch_with(const std::string& field, const Json& value) {
    return patch(of_outgoing(), Json({{field, value}}).dump());
  }
  OutgoingWebhook stored() {
    return read([&](Tx& tx) { return find_outgoing_webhook(tx, outgoing).value(); });
  }
  // The secret that deliveries are signed with.
  std::string secret_of_next_claim() {
    const Delivery delivery{failed_delivery()};
    return write([&](Tx& tx) {
      redeliver(tx, delivery.id, clock.now());
      const std::array requests{ClaimRequest{.outgoing_webhook_id = outgoing, .limit = 1}};
      return claim_due_deliveries(tx, requests, clock.now(), [&] { return ids.make<AttemptId>(); })
          .claimed.at(0)
          .target->secret;
    });
  }
};

TEST_F(OutgoingWebhooks, TheSecretIsShownWhenMadeAndNeverAgain) {
  const Answer made = create(R"({"name":"crm","url":"https://example.com/hook?x=1","events":["run.failed"],
                                 "environment":"staging","headers":{"X-Key":"s3cr3t","x-other":""}})");
  EXPECT_THAT(made, Status(201));
  const std::string secret = made.text("secret");
  EXPECT_THAT(secret, MatchesRegex("whsec_[A-Za-z0-9+/]{43}="));
  Json shown{{"id", made.id()},
             {"deployment_id", deployment.text()},
             {"name", "crm"},
             {"environment", "staging"},
             {"url", "https://example.com/hook?x=1"},
             {"events", {"run.failed"}},
             {"headers", Json({{"X-Key", "***"}, {"x-other", "***"}})},
             {"enabled", true},
             {"created_at", "2025-01-15T10:30:00.000Z"}};
  EXPECT_EQ(get("/v1/outgoing-webhooks/" + made.id()).json(), shown);
  shown["secret"] = secret;
  EXPECT_EQ(made.json(), shown);

  const Answer list = get(of_deployment("/outgoing-webhooks"));
  for (const auto& hidden : {secret, std::string("s3cr3t"), std::string("whsec_")}) {
    EXPECT_THAT(list.body, Not(HasSubstr(hidden)));
    EXPECT_THAT(log.text(), Not(HasSubstr(hidden)));
  }
}

TEST_F(OutgoingWebhooks, NameUrlAndEventsAreNeeded) {
  for (const char* field : {"name", "url", "events"}) {
    Json body{{"name", "crm"}, {"url", "https://example.com/hook"}, {"events", {"run.succeeded"}}};
    body.erase(field);
    EXPECT_THAT(create(body.dump()), RefusedField("invalid_field", field));
    EXPECT_THAT(create_with(field, nullptr), RefusedField("invalid_field", field));
    EXPECT_THAT(create_with(field, 7), RefusedField("invalid_field", field));
  }
  EXPECT_THAT(create_with("secret", "whsec_mine"), RefusedField("unknown_field", "secret"));
  EXPECT_THAT(create_with("environment", "qa"), RefusedField("invalid_field", "environment"));
  EXPECT_EQ(get(of_deployment("/outgoing-webhooks")).json()["outgoing_webhooks"].size(), 1U);
}

TEST_F(OutgoingWebhooks, EventsAreANonEmptySubsetOfTheTwo) {
  for (const auto& events : {Json::array(), Json("run.failed"), Json({"run.failed", "run.started"}),
                             Json::array({"webhook.test"}), Json({"run.failed", 1}), Json::array({""})}) {
    EXPECT_THAT(create_with("events", events), RefusedField("invalid_field", "events")) << events;
    EXPECT_THAT(patch_with("events", events), RefusedField("invalid_field", "events")) << events;
  }
  EXPECT_EQ(create_with("events", {"run.failed", "run.succeeded", "run.failed"}).json()["events"],
            Json({"run.failed", "run.succeeded"}));
}

TEST_F(OutgoingWebhooks, TargetsThatDeliveriesMustNotReachAreRefused) {
  for (const char* url : {"http://127.0.0.1:9000/", "http://[::1]/", "http://10.0.0.1/", "https://169.254.169.254/x",
                          "http://[::ffff:127.0.0.1]/"}) {
    EXPECT_THAT(create_with("url", url), RefusedField("url_not_allowed", "url")) << url;
    EXPECT_THAT(patch_with("url", url), RefusedField("url_not_allowed", "url")) << url;
  }
  for (const char* url : {"", "example.com", "ftp://example.com/", "https://user:pass@example.com/",
                          "https://example.com/#part", "https://", "https://exa mple.com/", "https://2130706433/"}) {
    EXPECT_THAT(create_with("url", url), RefusedField("invalid_url", "url")) << url;
    EXPECT_THAT(patch_with("url", url), RefusedField("invalid_url", "url")) << url;
  }
  EXPECT_EQ(stored().url, "https://example.com/hook");
}

TEST_F(OutgoingWebhooks, AnOperatorMayAllowANetwork) {
  const std::string url = "http://127.0.0.1:9000/";
  api->reconfigure({*Cidr::parse("127.0.0.0/8")});
  EXPECT_THAT(create_with("url", url), Status(201));
  EXPECT_THAT(create_with("url", "http://10.0.0.1/"), Status(400));
  api->reconfigure({});
  EXPECT_THAT(create_with("url", url), Status(400));
}

TEST_F(OutgoingWebhooks, HeadersThatAreNotTheUsersOwnAreRefused) {
  for (const char* name : {"X-Crewship-Event", "x-crewship-more", "Host", "Content-Type", "content-length",
                           "webhook-id", "Connection", "Transfer-Encoding", "User-Agent", "a b", "", "a:b", "ä"}) {
    EXPECT_THAT(create_with("headers", {{name, "x"}}), RefusedField("invalid_field", "headers." + std::string(name)));
    EXPECT_THAT(patch_with("headers", {{name, "x"}}), RefusedField("invalid_field", "headers." + std::string(name)));
  }
  for (const Json& value :
       {Json("a\r\nX-Injected: 1"), Json("ä"), Json(7), Json(nullptr), Json(std::string(8193, 'x'))}) {
    EXPECT_THAT(create_with("headers", {{"X-Key", value}}), RefusedField("invalid_field", "headers.X-Key")) << value;
  }
  EXPECT_THAT(create_with("headers", {{"X-Key", "1"}, {"x-key", "2"}}), RefusedField("invalid_field", "headers.x-key"));
  EXPECT_THAT(create_with("headers", Json::array()), RefusedField("invalid_field", "headers"));
  Json many = Json::object();
  for (int i = 0; i < 21; ++i) many["X-" + std::to_string(i)] = "x";
  EXPECT_THAT(create_with("headers", many), RefusedField("invalid_field", "headers"));
  EXPECT_THAT(create_with("headers", {{"Authorization", "Bearer x"}}), Status(201));
}

TEST_F(OutgoingWebhooks, TheMaskKeepsAStoredValue) {
  ASSERT_THAT(patch_with("headers", {{"Authorization", "Bearer one"}, {"X-Key", "two"}}), Status(200));
  const Answer changed = patch_with("headers", {{"authorization", "***"}, {"X-New", "three"}});
  EXPECT_THAT(changed, Status(200));
  EXPECT_EQ(changed.json()["headers"], Json({{"authorization", "***"}, {"X-New", "***"}}));
  EXPECT_THAT(stored().headers, ElementsAre(Pair("authorization", "Bearer one"), Pair("X-New", "three")));

  EXPECT_THAT(patch_with("headers", {{"X-Key", "***"}}), RefusedField("invalid_field", "headers.X-Key"));
  EXPECT_THAT(create_with("headers", {{"X-Key", "***"}}), RefusedField("invalid_field", "headers.X-Key"));
  EXPECT_EQ(stored().headers.size(), 2U);
  EXPECT_THAT(patch_with("headers", Json::object()), Status(200));
  EXPECT_THAT(stored().headers, IsEmpty());
}

TEST_F(OutgoingWebhooks, PatchLeavesWhatItDoesNotName) {
  ASSERT_THAT(patch_with("headers", {{"X-Key", "two"}}), Status(200));
  const OutgoingWebhook before = stored();
  for (const char* body : {"", "{}", R"({"name":null,"url":null,"events":null,"headers":null,"enabled":null})"}) {
    EXPECT_THAT(patch(of_outgoing(), body), Status(200)) << body;
  }
  EXPECT_EQ(stored().headers, before.headers);
  EXPECT_EQ(stored().url, before.url);

  EXPECT_EQ(patch_with("name", "crm").text("name"), "crm");
  EXPECT_EQ(patch_with("url", "https://example.org/").text("url"), "https://example.org/");
  EXPECT_EQ(patch_with("events", {"run.failed"}).json()["events"], Json::array({"run.failed"}));
  const Answer disabled = patch_with("enabled", false);
  EXPECT_EQ(disabled.json()["enabled"], false);
  EXPECT_EQ(disabled.text("name"), "crm");
  EXPECT_EQ(disabled.text("url"), "https://example.org/");
  EXPECT_EQ(disabled.json()["events"], Json::array({"run.failed"}));
  EXPECT_EQ(stored().headers, before.headers);
  EXPECT_THAT(patch_with("environment", "staging"), RefusedField("unknown_field", "environment"));
}

TEST_F(OutgoingWebhooks, DisablingEndsWhatWaits) {
  const std::string waiting = post(of_outgoing("/test")).id();
  ASSERT_THAT(patch_with("enabled", false), Status(200));
  EXPECT_EQ(get("/v1/deliveries/" + waiting).text("status"), "failed");
  EXPECT_EQ(get("/v1/deliveries/" + waiting).text("error"), "webhook disabled");
  ASSERT_THAT(patch_with("enabled", true), Status(200));
  EXPECT_EQ(get("/v1/deliveries/" + waiting).text("status"), "failed") << "old ones are not sent";
}

TEST_F(OutgoingWebhooks, ANewSecretSignsWhatIsSentFromThenOn) {
  EXPECT_EQ(secret_of_next_claim(), "whsec_secret");
  const Answer changed = post(of_outgoing("/regenerate-secret"));
  EXPECT_THAT(changed, Status(200));
  EXPECT_THAT(changed.text("secret"), MatchesRegex("whsec_[A-Za-z0-9+/]{43}="));
  EXPECT_EQ(changed.text("name"), "receiver");
  EXPECT_EQ(secret_of_next_claim(), changed.text("secret"));
  EXPECT_THAT(get(of_outgoing()).body, Not(HasSubstr("whsec_")));
}

TEST_F(OutgoingWebhooks, ATestSendsAnEventOfItsOwn) {
  const Answer made = post(of_outgoing("/test"));
  EXPECT_THAT(made, Status(202));
  EXPECT_EQ(made.json(), Json({{"id", made.id()},
                               {"outgoing_webhook_id", outgoing.text()},
                               {"outgoing_webhook_name", "receiver"},
                               {"deployment_id", deployment.text()},
                               {"environment", "production"},
                               {"url", "https://example.com/hook"},
                               {"run_id", nullptr},
                               {"event", "webhook.test"},
                               {"status", "pending"},
                               {"error", nullptr},
                               {"created_at", "2025-01-15T10:30:00.000Z"},
                               {"next_attempt_at", "2025-01-15T10:30:00.000Z"},
                               {"completed_at", nullptr},
                               {"attempts", Json::array()},
                               {"request_body", made.text("request_body")}}));
  EXPECT_THAT(wake_up.woken, ElementsAre(outgoing));
  EXPECT_EQ(get("/v1/deliveries/" + made.id()).json(), made.json());
  const auto row = read([&](Tx& tx) { return find_delivery(tx, *DeliveryId::parse(made.id())).value(); });
  EXPECT_EQ(Json::parse(row.body)["event"], "webhook.test");
}

TEST_F(OutgoingWebhooks, RecoverAsksForAllThatFailedSince) {
  failed_delivery();
  clock.advance(1h);
  const WallTime since = clock.now();
  const std::set recovered{failed_delivery().id, failed_delivery().id};
  const Answer answer = post(of_outgoing("/recover"), Json({{"since", format_timestamp(since)}}).dump());
  EXPECT_THAT(answer, Status(202));
  EXPECT_EQ(answer.body, R"({"redelivered":2})");
  EXPECT_THAT(wake_up.woken, ElementsAre(outgoing));
  for (const auto& delivery : deliveries()) {
    EXPECT_EQ(delivery.status == DeliveryStatus::pending, recovered.contains(delivery.id));
  }
  EXPECT_EQ(post(of_outgoing("/recover"), Json({{"since", format_timestamp(since)}}).dump()).body,
            R"({"redelivered":0})");
  EXPECT_EQ(post(of_outgoing("/recover"), R"({"since":"2000-01-01T00:00:00+02:00"})").body, R"({"redelivered":1})");
}

TEST_F(OutgoingWebhooks, RecoverTakesAsManyAsThereAre) {
  write([this](Tx& tx) {
    for (int i = 0; i < 1001; ++i) insert_delivery(tx, new_failed_delivery());
  });
  EXPECT_EQ(post(of_outgoing("/recover"), R"({"since":"2025-01-15T10:30:00Z"})").body, R"({"redelivered":1001})");
  EXPECT_THAT(get(of_outgoing("/deliveries?status=failed")).json()["deliveries"], IsEmpty());
}

TEST_F(OutgoingWebhooks, RecoverNeedsATime) {
  for (const char* body : {"", "{}", R"({"since":null})", R"({"since":1736937000})", R"({"since":"yesterday"})",
                           R"({"since":"2025-02-30T00:00:00Z"})"}) {
    EXPECT_THAT(post(of_outgoing("/recover"), body), RefusedField("invalid_field", "since")) << body;
  }
}

TEST_F(OutgoingWebhooks, ADisabledOneSendsNothing) {
  failed_delivery();
  ASSERT_THAT(patch_with("enabled", false), Status(200));
  EXPECT_THAT(post(of_outgoing("/test")), Refused("webhook_disabled"));
  EXPECT_THAT(post(of_outgoing("/recover"), R"({"since":"2000-01-01T00:00:00Z"})"), Status(409));
  EXPECT_THAT(wake_up.woken, IsEmpty());
}

TEST_F(OutgoingWebhooks, ADeletedOneKeepsItsDeliveries) {
  const std::string delivery = failed_delivery().id.text();
  EXPECT_THAT(remove(of_outgoing()), Status(204));
  EXPECT_THAT(get(of_outgoing()), Refused("not_found"));
  EXPECT_THAT(patch(of_outgoing(), "{}"), Status(404));
  EXPECT_THAT(remove(of_outgoing()), Status(404));
  for (const char* call : {"/test", "/regenerate-secret"}) EXPECT_THAT(post(of_outgoing(call)), Status(404)) << call;
  EXPECT_THAT(post(of_outgoing("/recover"), R"({"since":"2000-01-01T00:00:00Z"})"), Status(404));
  EXPECT_THAT(get("/v1/deliveries/" + delivery), Status(200));
  EXPECT_THAT(get(of_outgoing("/deliveries")).body, HasSubstr(delivery));
}

TEST_F(OutgoingWebhooks, AnIdOfAnotherTypeIsNotFound) {
  const std::string root = "/v1/outgoing-webhooks/" + incoming.text();
  EXPECT_THAT(get(root), Refused("not_found"));
  EXPECT_THAT(get(root + "/deliveries"), Refused("not_found"));
  EXPECT_THAT(patch(root, "{}"), Status(404));
  EXPECT_THAT(remove(root), Status(404));
  for (const char* call : {"/test", "/regenerate-secret"}) EXPECT_THAT(post(root + call), Status(404)) << call;
}

TEST_F(OutgoingWebhooks, RecoveringCanBeTriedOutFirst) {
  failed_delivery();
  clock.advance(1h);
  const WallTime since = clock.now();
  failed_delivery();
  failed_delivery();
  Json body{{"since", format_timestamp(since)}, {"dry_run", true}};
  const Answer tried = post(of_outgoing("/recover"), body.dump());
  EXPECT_THAT(tried, Status(200));
  EXPECT_EQ(tried.body, R"({"redelivered":0,"failed":2})");
  EXPECT_EQ(get(of_outgoing("/deliveries?status=failed")).json()["deliveries"].size(), 3U);
  body["dry_run"] = false;
  EXPECT_EQ(post(of_outgoing("/recover"), body.dump()).body, R"({"redelivered":2})");
  body["dry_run"] = "yes";
  EXPECT_THAT(post(of_outgoing("/recover"), body.dump()), RefusedField("invalid_field", "dry_run"));
  body["dry_run"] = true;
  patch(of_outgoing(), R"({"enabled":false})");
  EXPECT_THAT(post(of_outgoing("/recover"), body.dump()), Status(409));
}

TEST_F(OutgoingWebhooks, AListShowsHowTheyWereUsed) {
  const auto row = [this] { return get(of_deployment("/outgoing-webhooks")).json()["outgoing_webhooks"][0]; };
  EXPECT_EQ(row()["last_used_at"], nullptr);
  EXPECT_EQ(row()["recent"], Json::array());
  for (int i = 0; i < 19; ++i) failed_delivery();
  post(of_outgoing("/test"));
  clock.advance(1min);
  failed_delivery();
  EXPECT_EQ(row()["last_used_at"], format_timestamp(clock.now()));
  EXPECT_EQ(row()["recent"].size(), 20U);
  EXPECT_EQ(row()["recent"][0], "failed");
  EXPECT_EQ(row()["recent"][1], "pending");
}

}  // namespace
}  // namespace crewship
