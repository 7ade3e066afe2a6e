#include <crewship/domain/trace_context.hpp>

#include "api_fixture.hpp"

namespace crewship {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Runs : public ApiTest {
 protected:
  Answer start(const std::string& input = {}, Headers headers = {}) {
    std::string body = R"({"deployment_id":")" + deployment.text() + "\"";
    if (!input.empty()) body.append(",\"input\":").append(input);
    return call("POST", "/v1/runs", body + "}", std::move(headers));
  }
  Answer start_keyed(const std::string& key, const std::string& input) {
    return start(input, {{"Idempotency-Key", key}});
  }
  // The run after its end, as GET shows it.
  Answer ended(const Answer& started) {
    await_all_ends();
    return get("/v1/runs/" + started.text("run_id"));
  }
};

TEST_F(Runs, AreStartedAsThroughAWebhook) {
  const VersionId version = deploy(BuiltinRunner{"echo"});
  const Answer started = start(R"({"ticket":7})");
  EXPECT_THAT(started, Status(202));
  const std::string id = started.text("run_id");
  EXPECT_TRUE(RunId::parse(id));
  EXPECT_EQ(started.body, R"({"run_id":")" + id + R"(","version_id":")" + version.text() +
                              R"(","version_number":1,"status":"running"})");
  EXPECT_EQ(started.header("Location"), "/v1/runs/" + id);

  EXPECT_EQ(ended(started).json(), Json({{"id", id},
                                         {"deployment_id", deployment.text()},
                                         {"version_id", version.text()},
                                         {"version_number", 1},
                                         {"environment", "production"},
                                         {"status", "succeeded"},
                                         {"input", Json({{"ticket", 7}})},
                                         {"output", Json({{"ticket", 7}})},
                                         {"error_message", nullptr},
                                         {"incoming_webhook_id", nullptr},
                                         {"created_at", "2025-01-15T10:30:00.000Z"},
                                         {"started_at", "2025-01-15T10:30:00.000Z"},
                                         {"completed_at", "2025-01-15T10:30:00.000Z"},
                                         {"traceparent", traceparent_of(row(*RunId::parse(id)))}}));
  EXPECT_THAT(wake_up.woken, ElementsAre(outgoing));
}

TEST_F(Runs, PayloadsKeepTheirBytes) {
  deploy(BuiltinRunner{"echo"});
  const std::string input =
      R"({"n":1152921504606846977,"f":1.0,"e":1e-7,"z":-0,"s":"\ud800 \u00e9 é","2":1,"1":2,"a":[ 1,2 ],"a":{}})";
  const Answer run = ended(start(input));
  EXPECT_THAT(run.body, HasSubstr("\"input\":" + input + ","));
  EXPECT_THAT(run.body, HasSubstr("\"output\":" + input + ","));
  EXPECT_THAT(get("/v1/runs").body, HasSubstr("\"input\":" + input + ","));
}

TEST_F(Runs, InputMayBeLeftOutAndIsAnObject) {
  deploy(BuiltinRunner{"echo"});
  EXPECT_EQ(ended(start()).json()["input"], Json::object());
  for (const char* input : {"[]", "null", "7", "\"x\""}) {
    EXPECT_THAT(start(input), RefusedField("invalid_input", "input")) << input;
  }
  std::string deepest = std::string(63, '[') + std::string(63, ']');
  EXPECT_THAT(start("{\"x\":" + deepest + "}"), Status(202));
  deepest = "[" + deepest + "]";
  EXPECT_THAT(start("{\"x\":" + deepest + "}"), Refused("invalid_json"));
}

TEST_F(Runs, FieldsAreChecked) {
  deploy(BuiltinRunner{"echo"});
  EXPECT_THAT(post("/v1/runs"), RefusedField("invalid_field", "deployment_id"));
  EXPECT_THAT(post("/v1/runs", R"({"deployment_id":7})"), RefusedField("invalid_field", "deployment_id"));
  for (const auto& id : {std::string("dep_x"), incoming.text(), ids.make<DeploymentId>().text()}) {
    EXPECT_THAT(post("/v1/runs", Json{{"deployment_id", id}}.dump()), Refused("not_found")) << id;
  }
  Json body{{"deployment_id", deployment.text()}, {"environment", "qa"}};
  EXPECT_THAT(post("/v1/runs", body.dump()), RefusedField("invalid_field", "environment"));
  body = {{"deployment_id", deployment.text()}, {"version_id", "ver_x"}};
  EXPECT_THAT(post("/v1/runs", body.dump()), RefusedField("unknown_field", "version_id"));
  EXPECT_TRUE(all_runs().empty());
}

TEST_F(Runs, EachEnvironmentRunsItsOwnVersion) {
  deploy(BuiltinRunner{"echo"});
  const Json body{{"deployment_id", deployment.text()}, {"environment", "staging"}};
  const Answer refused = post("/v1/runs", body.dump());
  EXPECT_THAT(refused, Status(409));
  EXPECT_THAT(refused, Refused("no_running_version"));
  EXPECT_EQ(refused.json()["error"]["message"], "No running version found for staging environment");

  const std::string version = new_version();
  ASSERT_THAT(call("PUT", of_deployment("/environments/staging"), Json{{"version_id", version}}.dump()), Status(200));
  const Answer started = post("/v1/runs", body.dump());
  EXPECT_EQ(started.text("version_id"), version);
  EXPECT_EQ(ended(started).text("environment"), "staging");
}

TEST_F(Runs, TheSameIdempotencyKeyIsTheSameRun) {
  deploy(BuiltinRunner{"echo"});
  const Answer first = start_keyed("k1", R"({"x":1})");
  EXPECT_THAT(first, Status(202));
  EXPECT_EQ(first.header("Idempotent-Replayed"), "(none)");
  await_all_ends();

  const Answer again = start_keyed("k1", R"({"x":1})");
  EXPECT_THAT(again, Status(202));
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.header("Location"), first.header("Location"));
  EXPECT_EQ(again.header("Idempotent-Replayed"), "true");

  EXPECT_THAT(start_keyed("k1", R"({"x":2})"), Status(422));
  const Json other{{"deployment_id", deployment.text()}, {"environment", "staging"}, {"input", Json({{"x", 1}})}};
  EXPECT_THAT(call("POST", "/v1/runs", other.dump(), {{"Idempotency-Key", "k1"}}), Status(422));
  EXPECT_NE(start_keyed("k2", R"({"x":1})").text("run_id"), first.text("run_id"));
  EXPECT_NE(start(R"({"x":1})").text("run_id"), first.text("run_id"));
  clock.advance(24h + 1ms);
  EXPECT_NE(start_keyed("k1", R"({"x":2})").text("run_id"), first.text("run_id")) << "the key has expired";
  for (const auto& bad : {std::string(), std::string("a b"), std::string(256, 'k')}) {
    EXPECT_THAT(start_keyed(bad, "{}"), Refused("invalid_idempotency_key")) << bad;
  }
}

TEST_F(Runs, ACommandThatCannotBeStartedIsARunThatFailed) {
  deploy(CommandRunner{.command = {"/nonexistent/crew"}, .working_dir = {}});
  const Answer refused = start();
  EXPECT_THAT(refused, Status(503));
  EXPECT_THAT(refused, Refused("run_failed_to_start"));
  const auto id = refused.json()["error"]["run_id"].get<std::string>();
  EXPECT_EQ(refused.header("Location"), "/v1/runs/" + id);
  EXPECT_TRUE(log.has_line("trigger refused", "request_id=req_", "run_failed_to_start"));
  await_all_ends();
  const Answer run = get("/v1/runs/" + id);
  EXPECT_EQ(run.text("status"), "failed");
  EXPECT_THAT(run.text("error_message"), HasSubstr("/nonexistent/crew"));
  EXPECT_EQ(run.json()["output"], nullptr);
  EXPECT_EQ(run.json()["started_at"], nullptr);
}

TEST_F(Runs, CancelEndsARunAndIsANoOpAfterwards) {
  deploy(CommandRunner{.command = {"sleep", "1000"}, .working_dir = {}});
  const Answer started = start();
  const std::string run = "/v1/runs/" + started.text("run_id");
  EXPECT_EQ(get(run).text("status"), "running");

  const Answer canceled = post(run + "/cancel");
  EXPECT_THAT(canceled, Status(200));
  EXPECT_EQ(canceled.text("status"), "canceled");
  EXPECT_EQ(canceled.json()["error_message"], nullptr);
  EXPECT_NE(canceled.json()["completed_at"], nullptr);
  EXPECT_EQ(post(run + "/cancel").json(), canceled.json());
  EXPECT_TRUE(deliveries().empty()) << "there is no event for it";

  deploy(BuiltinRunner{"echo"});
  const Answer finished = ended(start());
  EXPECT_EQ(post("/v1/runs/" + finished.id() + "/cancel").json(), finished.json());
}

TEST_F(Runs, LogLinesAreShownOldestFirst) {
  deploy(shell("echo one >&2; echo 'two \"☂\"' >&2"));
  const std::string run = "/v1/runs/" + start().text("run_id");
  await_all_ends();
  const Json log_lines = get(run + "/logs").json();
  ASSERT_EQ(log_lines["logs"].size(), 2U);
  EXPECT_EQ(log_lines["logs"][0]["message"], "one");
  EXPECT_EQ(log_lines["logs"][1]["message"], "two \"☂\"");
  EXPECT_EQ(log_lines["next_cursor"], nullptr);
}

TEST_F(Runs, AnUnknownOneIsNotFound) {
  for (const auto& id : {std::string("run_x"), deployment.text(), ids.make<RunId>().text()}) {
    EXPECT_THAT(get("/v1/runs/" + id), Refused("not_found")) << id;
    EXPECT_THAT(get("/v1/runs/" + id + "/logs"), Refused("not_found")) << id;
    EXPECT_THAT(post("/v1/runs/" + id + "/cancel"), Refused("not_found")) << id;
  }
}

TEST_F(Runs, ATraceTellsTheWholeStoryOfOne) {
  deploy(BuiltinRunner{"echo"});
  const WallTime received = clock.now();
  LaunchRequest asked = request(R"({"ticket":7})");
  asked.received_at = received;
  asked.request_id = ids.make<RequestId>();
  clock.advance(2s);
  const auto run = launch_and_end(asked);
  const Json trace = get("/v1/runs/" + run.id.text() + "/trace").json();
  EXPECT_EQ(trace["run"], get("/v1/runs/" + run.id.text()).json());
  EXPECT_EQ(trace["request"], Json({{"request_id", asked.request_id.text()},
                                    {"incoming_webhook_id", incoming.text()},
                                    {"incoming_webhook_name", "door"},
                                    {"received_at", format_timestamp(received)},
                                    {"accepted_at", format_timestamp(received + 2s)},
                                    {"started_at", format_timestamp(received + 2s)},
                                    {"traceparent", nullptr}}));
  ASSERT_EQ(trace["deliveries"].size(), 1U);
  EXPECT_EQ(trace["deliveries"][0]["outgoing_webhook_name"], "receiver");
  EXPECT_EQ(trace["deliveries"][0]["run_id"], run.id.text());
  EXPECT_THAT(get("/v1/runs/" + ids.make<RunId>().text() + "/trace"), Status(404));
}

TEST_F(Runs, GoesOnWithTheTraceOfItsCaller) {
  deploy(BuiltinRunner{"echo"});
  const std::string received = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const Answer started =
      call("POST", "/v1/runs", R"({"deployment_id":")" + deployment.text() + "\"}", {{"Traceparent", received}});
  await_all_ends();
  const Json trace = get("/v1/runs/" + started.text("run_id") + "/trace").json();
  EXPECT_EQ(trace["request"]["traceparent"], received);
  const auto of_run = trace["run"]["traceparent"].get<std::string>();
  EXPECT_EQ(of_run.substr(0, 36), received.substr(0, 36)) << "the same trace";
  EXPECT_NE(of_run.substr(36, 16), received.substr(36, 16)) << "a span of its own";
}

TEST_F(Runs, ATraceOfOneThatTheApiStartedNamesItsRequest) {
  deploy(BuiltinRunner{"echo"});
  const Answer started = start("{}");
  await_all_ends();
  remove(of_outgoing());
  const Json trace = get("/v1/runs/" + started.text("run_id") + "/trace").json();
  EXPECT_TRUE(RequestId::parse(trace["request"]["request_id"].get<std::string>()));
  EXPECT_EQ(trace["request"]["received_at"], format_timestamp(clock.now()));
  EXPECT_EQ(trace["request"]["incoming_webhook_id"], nullptr);
  EXPECT_EQ(trace["request"]["incoming_webhook_name"], nullptr);
}

}  // namespace
}  // namespace crewship
