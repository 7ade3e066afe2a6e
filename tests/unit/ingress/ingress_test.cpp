// The door: what a caller of a webhook's URL is answered. In process, over a real store and executor.
#include <crewship/ingress/ingress.hpp>

#include <nlohmann/json.hpp>

#include "unit/runs/runs_fixture.hpp"

namespace crewship {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class Door : public RunsTest {
 protected:
  void SetUp() override {
    RunsTest::SetUp();
    make_door();
  }
  void make_door(IngressOptions ingress_options = {}) {
    router = {};
    ingress = std::make_unique<Ingress>(*store, clock, *runs, ingress_options);
    ingress->add_routes(router);
  }
  // Few slots, a short line.
  void make_narrow_door() {
    options.max_concurrent_runs = 1;
    options.max_waiting_requests = 1;
    remake_executor();
    make_door();
    deploy(CommandRunner{.command = {"sleep", "1000"}, .working_dir = {}});
  }

  Request request(std::string_view path, std::string body, Headers headers = {}) {
    Request made;
    made.id = ids.make<RequestId>();
    made.method = "POST";
    made.path = path;
    made.headers = std::move(headers);
    made.body = std::move(body);
    made.caller = &present;
    return made;
  }
  Response call(Request made) { return loop.run(router.dispatch(made)); }
  Response post(std::string body = "{}", Headers headers = {}) {
    return call(request("/webhooks/runs/token", std::move(body), std::move(headers)));
  }
  // A caller who waits in the background.
  struct Waiting {
    Request request;
    std::optional<Response> response{};
  };
  Waiting& post_in_background() {
    Waiting& waiting = waiters.emplace_back(request("/webhooks/runs/token", "{}"));
    asio::co_spawn(loop.context(), router.dispatch(waiting.request),
                   [&waiting](const std::exception_ptr& failure, Response response) {
                     if (!failure) waiting.response = std::move(response);
                   });
    loop.poll();
    return waiting;
  }
  static std::string code_of(const Response& response) {
    return Json::parse(response.body)["error"]["code"].get<std::string>();
  }
  static std::string header(const Response& response, std::string_view name) {
    return std::string(find_header(response.headers, name).value_or("(none)"));
  }
  void set_enabled(bool enabled) {
    IncomingWebhookPatch patch;
    patch.enabled = enabled;
    write([&](Tx& tx) { update_incoming_webhook(tx, incoming, patch); });
    ingress->webhooks_changed();
  }

  std::unique_ptr<Ingress> ingress;
  Router router;
  std::deque<Waiting> waiters;
};

TEST_F(Door, ARunGoesOnWithItsCallersTraceIfItIsValid) {
  deploy(BuiltinRunner{"echo"});
  const std::string valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto kept = [&](Headers headers) {
    const Response response = post("{}", std::move(headers));
    EXPECT_EQ(response.status, 202);
    const auto id = RunId::parse(Json::parse(response.body)["run_id"].get<std::string>());
    return row(*id).received_traceparent;
  };
  EXPECT_EQ(kept({{"TraceParent", valid}}), valid);
  EXPECT_EQ(kept({}), "");
  EXPECT_EQ(kept({{"traceparent", valid + "-more"}}), "");
  EXPECT_EQ(kept({{"traceparent", valid}, {"traceparent", valid}}), "") << "nobody knows which one is meant";
}

TEST_F(Door, APostStartsARun) {
  const VersionId version = deploy(BuiltinRunner{"echo"});
  const Response response = post(R"({"ticket":7})");
  EXPECT_EQ(response.status, 202);
  const auto id = Json::parse(response.body)["run_id"].get<std::string>();
  EXPECT_EQ(response.body, R"({"run_id":")" + id + R"(","version_id":")" + version.text() +
                               R"(","version_number":1,"status":"running"})");
  EXPECT_EQ(header(response, "Location"), "/v1/runs/" + id);
  await_all_ends();
  const auto run = row(*RunId::parse(id));
  EXPECT_EQ(run.input, R"({"ticket":7})");
  EXPECT_EQ(run.incoming_webhook_id, incoming);
  EXPECT_EQ(run.environment, Environment::production);
}

TEST_F(Door, OnlyPostIsAnswered) {
  for (const char* path : {"/webhooks/runs/token", "/webhooks/runs/unknown", "/webhooks/runs/", "/webhooks/runs/a/b"}) {
    for (const char* method : {"GET", "PUT", "DELETE", "HEAD", "OPTIONS"}) {
      Request wrong = request(path, "");
      wrong.method = method;
      const Response response = call(std::move(wrong));
      EXPECT_EQ(response.status, 405) << method << " " << path;
      EXPECT_EQ(header(response, "Allow"), "POST");
    }
  }
}

TEST_F(Door, UnknownDeletedAndDisabledLookTheSame) {
  deploy(BuiltinRunner{"echo"});
  const Response unknown = call(request("/webhooks/runs/unknown", "{}"));
  EXPECT_EQ(unknown.status, 404);
  const auto same = [&](const Response& response) {
    EXPECT_EQ(response.status, unknown.status);
    EXPECT_EQ(response.headers, unknown.headers);
    EXPECT_EQ(response.body, unknown.body);
    EXPECT_EQ(response.close, unknown.close);
  };
  for (const char* path : {"/webhooks/runs/", "/webhooks/runs/tok", "/webhooks/runs/token/", "/webhooks/runs/a/b",
                           "/webhooks/runs/%zz", "/webhooks/runs/token%00", "/webhooks/runs/TOKEN"}) {
    SCOPED_TRACE(path);
    same(call(request(path, "not even json")));
  }
  set_enabled(false);
  same(post("not even json"));
  EXPECT_TRUE(log.has_line("trigger refused", incoming.text(), "the webhook is disabled"));
  set_enabled(true);
  EXPECT_EQ(post().status, 202);
  write([&](Tx& tx) { delete_incoming_webhook(tx, incoming, clock.now()); });
  same(post());
}

TEST_F(Door, WhoGuessesTooOftenIsToldTheSameWhateverTheTokenIsAndAGoodOneStillOpens) {
  GuessLimit guesses(3);
  make_door({.guesses = &guesses});
  deploy(BuiltinRunner{"echo"});
  for (const char* path : {"/webhooks/runs/unknown", "/webhooks/runs/", "/webhooks/runs/%zz/more"}) {
    EXPECT_EQ(call(request(path, "{}")).status, 404);
  }
  const Response refused = call(request("/webhooks/runs/unknown", "{}"));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(code_of(refused), "too_many_guesses");
  EXPECT_EQ(header(refused, "Retry-After"), "20");
  EXPECT_EQ(post().status, 202) << "a good token opens";
  const auto same = [&](const Response& response) {
    EXPECT_EQ(response.status, refused.status);
    EXPECT_EQ(response.headers, refused.headers);
    EXPECT_EQ(response.body, refused.body);
  };
  same(call(request("/webhooks/runs/", "{}")));
  same(call(request("/webhooks/runs/a/b", "not json")));
  set_enabled(false);
  same(post());
  write([&](Tx& tx) { delete_incoming_webhook(tx, incoming, clock.now()); });
  same(post());
  clock.advance(20s);
  EXPECT_EQ(post().status, 404);
}

TEST_F(Door, WhatIsNoJsonObjectIsRefused) {
  deploy(BuiltinRunner{"echo"});
  const std::string deep = "{\"x\":" + std::string(64, '[') + std::string(64, ']') + "}";
  for (const auto& body : {std::string("{"), std::string("x=1"), std::string("{\"x\":NaN}"),
                           std::string("{\"x\":\"\xff\"}"), std::string(" "), deep}) {
    const Response response = post(body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_EQ(code_of(response), "invalid_json") << body;
  }
  for (const char* body : {"[]", "7", "null", "\"x\""}) {
    const Response response = post(body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_EQ(code_of(response), "invalid_input") << body;
  }
  EXPECT_TRUE(all_runs().empty());
}

TEST_F(Door, AnEmptyBodyIsAnEmptyObject) {
  deploy(BuiltinRunner{"echo"});
  const auto id = Json::parse(post("").body)["run_id"].get<std::string>();
  await_all_ends();
  EXPECT_EQ(row(*RunId::parse(id)).input, "{}");
}

TEST_F(Door, TheContentTypeDoesNotMatterUnlessItCannotBeJson) {
  deploy(BuiltinRunner{"echo"});
  for (const char* type : {"application/json", "text/plain", "application/x-www-form-urlencoded", "x"}) {
    EXPECT_EQ(post("{}", {{"Content-Type", type}}).status, 202) << type;
  }
  EXPECT_EQ(post("{}", {{"Content-Type", "Multipart/Form-Data; boundary=x"}}).status, 415);
  EXPECT_EQ(post("{}", {{"Content-Encoding", "gzip"}}).status, 415);
}

TEST_F(Door, AQueryStringIsIgnored) {
  deploy(BuiltinRunner{"echo"});
  Request made = request("/webhooks/runs/token", "{}");
  made.query = "x=%zz&x=1";
  EXPECT_EQ(call(std::move(made)).status, 202);
}

TEST_F(Door, WithoutALiveVersionThereIsNothingToRun) {
  const Response response = post();
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(code_of(response), "no_running_version");
  EXPECT_EQ(Json::parse(response.body)["error"]["message"], "No running version found for production environment");
}

TEST_F(Door, ACommandThatCannotBeStartedIsTold) {
  deploy(CommandRunner{.command = {"/nonexistent/crew"}, .working_dir = {}});
  const Response response = post();
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(code_of(response), "run_failed_to_start");
  const auto id = Json::parse(response.body)["error"]["run_id"].get<std::string>();
  EXPECT_EQ(header(response, "Location"), "/v1/runs/" + id);
  EXPECT_EQ(row(*RunId::parse(id)).status, RunStatus::failed);
}

TEST_F(Door, CallersWaitForASlotThenHearThatThereIsNone) {
  make_narrow_door();
  ASSERT_EQ(post().status, 202);
  Waiting& waiting = post_in_background();
  EXPECT_FALSE(waiting.response);
  const Response over = post();
  EXPECT_EQ(over.status, 429);
  EXPECT_EQ(code_of(over), "too_many_waiting");
  EXPECT_NE(header(over, "Retry-After"), "(none)");

  clock.advance(25s);
  loop.until([&] { return waiting.response.has_value(); });
  EXPECT_EQ(waiting.response->status, 503);
  EXPECT_EQ(code_of(*waiting.response), "no_free_slot");
  EXPECT_NE(header(*waiting.response, "Retry-After"), "(none)");
  EXPECT_THAT(all_runs(), SizeIs(1)) << "who waits is not yet a run";
}

TEST_F(Door, AWebhookDisabledWhileACallerWaitsIsUnknownToThem) {
  make_narrow_door();
  const auto first = Json::parse(post().body)["run_id"].get<std::string>();
  Waiting& waiting = post_in_background();
  set_enabled(false);
  loop.run(runs->cancel(*RunId::parse(first)));
  loop.until([&] { return waiting.response.has_value(); });
  EXPECT_EQ(waiting.response->status, 404);
  EXPECT_EQ(waiting.response->body, call(request("/webhooks/runs/unknown", "{}")).body);
}

TEST_F(Door, AStopRefusesAndClosesTheConnection) {
  deploy(BuiltinRunner{"echo"});
  loop.run(runs->drain());
  const Response response = post();
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(code_of(response), "shutting_down");
  EXPECT_NE(header(response, "Retry-After"), "(none)");
  EXPECT_TRUE(response.close);
}

TEST_F(Door, TheSamePostTwiceIsTwoRunsUnlessItHasAKey) {
  deploy(BuiltinRunner{"echo"});
  EXPECT_NE(post().body, post().body);
  const Response first = post(R"({"x":1})", {{"Idempotency-Key", "k"}});
  const Response again = post(R"({"x":1})", {{"Idempotency-Key", "k"}});
  EXPECT_EQ(first.status, 202);
  EXPECT_EQ(header(first, "Idempotent-Replayed"), "(none)");
  EXPECT_EQ(again.status, 202);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(header(again, "Idempotent-Replayed"), "true");
  EXPECT_EQ(post(R"({"x": 1})", {{"Idempotency-Key", "k"}}).status, 422) << "other bytes are another body";
  EXPECT_EQ(post("{}", {{"Idempotency-Key", ""}}).status, 400);
  EXPECT_THAT(all_runs(), SizeIs(3));
}

TEST_F(Door, EachWebhookMayBeCalledSoOftenAMinute) {
  make_door({.triggers_per_minute = 3});
  deploy(BuiltinRunner{"echo"});
  for (int call_number = 0; call_number < 3; ++call_number) ASSERT_EQ(post().status, 202);
  const Response over = post("not even json");
  EXPECT_EQ(over.status, 429);
  EXPECT_EQ(code_of(over), "too_many_triggers");
  EXPECT_EQ(header(over, "Retry-After"), "20");
  EXPECT_EQ(call(request("/webhooks/runs/unknown", "{}")).status, 404) << "others are not held back";
  clock.advance(20s);
  EXPECT_EQ(post().status, 202);
  EXPECT_EQ(post().status, 429);
}

TEST_F(Door, AWebhookThatWasCalledTooOftenIsUnknownAsSoonAsItIsDisabled) {
  make_door({.triggers_per_minute = 1});
  deploy(BuiltinRunner{"echo"});
  ASSERT_EQ(post().status, 202);
  ASSERT_EQ(post().status, 429);
  set_enabled(false);
  const Response unknown = call(request("/webhooks/runs/unknown", "{}"));
  for (int call_number = 0; call_number < 2; ++call_number) {
    const Response refused = post();
    EXPECT_EQ(refused.status, 404);
    EXPECT_EQ(refused.headers, unknown.headers);
    EXPECT_EQ(refused.body, unknown.body);
  }
  set_enabled(true);
  EXPECT_EQ(post().status, 429) << "its minute goes on";
}

TEST_F(Door, ATokenThatWasJustUsedIsUnknownAsSoonAsItIsReplaced) {
  deploy(BuiltinRunner{"echo"});
  ASSERT_EQ(post().status, 202);
  write([this](Tx& tx) { replace_incoming_webhook_token(tx, incoming, "another"); });
  ingress->webhooks_changed();
  EXPECT_EQ(post().status, 404);
  EXPECT_EQ(call(request("/webhooks/runs/another", "{}")).status, 202);
}

TEST_F(Door, AWebhookThatIsCalledAgainIsNotLookedUpAgain) {
  deploy(BuiltinRunner{"echo"});
  ASSERT_EQ(post().status, 202);
  write([this](Tx& tx) { replace_incoming_webhook_token(tx, incoming, "another"); });
  EXPECT_EQ(post().status, 202) << "nobody said that a webhook has changed";
  write([this](Tx& tx) { delete_incoming_webhook(tx, incoming, clock.now()); });
  EXPECT_EQ(post().status, 404) << "what records the run looks for itself";
}

TEST_F(Door, TheTokenIsInNoLogLineAndNoAnswer) {
  write([this](Tx& tx) { replace_incoming_webhook_token(tx, incoming, "s3cr3t_t0ken"); });
  const auto knock = [this] { return call(request("/webhooks/runs/s3cr3t_t0ken", "{}")); };
  std::string answers = knock().body;  // no version
  deploy(BuiltinRunner{"echo"});
  answers += knock().body;
  set_enabled(false);
  answers += knock().body;
  answers += call(request("/webhooks/runs/s3cr3t_t0ken/x", "{}")).body;
  await_all_ends();
  EXPECT_THAT(answers, Not(HasSubstr("s3cr3t_t0ken")));
  EXPECT_THAT(log.text(), Not(HasSubstr("s3cr3t_t0ken")));
  EXPECT_TRUE(log.has_line("trigger refused", incoming.text(), "request_id=req_", "no_running_version"));
}

}  // namespace
}  // namespace crewship
