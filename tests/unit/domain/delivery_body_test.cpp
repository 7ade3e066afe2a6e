// The exact bytes that subscribers receive, and that re-serialising them in JavaScript changes none.
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <crewship/domain/delivery.hpp>
#include <crewship/domain/json.hpp>

namespace crewship {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t limit_bytes = 65536;
constexpr std::string_view public_url = "https://hooks.example.com";
// 2025-01-15T10:29:15.000Z
constexpr WallTime started{milliseconds{1'736'936'955'000}};

Run succeeded_run(std::string output) {
  Run run;
  run.id = RunId::trusted("run_abc123");
  run.deployment_id = DeploymentId::trusted("dep_xyz789");
  run.status = RunStatus::succeeded;
  run.output = std::move(output);
  run.created_at = started - 20ms;
  run.started_at = started;
  run.completed_at = started + 45s;
  return run;
}

Run failed_run(std::string error_message) {
  Run run = succeeded_run("{}");
  run.status = RunStatus::failed;
  run.output.reset();
  run.error_message = std::move(error_message);
  return run;
}

std::string success_body(std::string output, std::size_t limit = limit_bytes, std::string_view url = public_url) {
  return run_event_body(succeeded_run(std::move(output)), EventType::run_succeeded, limit, url);
}

std::string failure_body(std::string error_message) {
  return run_event_body(failed_run(std::move(error_message)), EventType::run_failed, limit_bytes, public_url);
}

void expect_fixed_point(const std::string& body) { EXPECT_EQ(javascript_json(body, 100).value(), body); }

TEST(RunEventBody, OfASuccess) {
  EXPECT_EQ(success_body(R"({"result":"Your crew output here..."})"),
            R"({"event":"run.succeeded","timestamp":"2025-01-15T10:30:00.000Z","data":{"run_id":"run_abc123",)"
            R"("deployment_id":"dep_xyz789","status":"succeeded","output":{"result":"Your crew output here..."},)"
            R"("started_at":"2025-01-15T10:29:15.000Z","completed_at":"2025-01-15T10:30:00.000Z"}})");
}

TEST(RunEventBody, OfAFailure) {
  EXPECT_EQ(failure_body("exited with status 3: boom"),
            R"({"event":"run.failed","timestamp":"2025-01-15T10:30:00.000Z","data":{"run_id":"run_abc123",)"
            R"("deployment_id":"dep_xyz789","status":"failed","output":null,"started_at":"2025-01-15T10:29:15.000Z",)"
            R"("completed_at":"2025-01-15T10:30:00.000Z","error_message":"exited with status 3: boom"}})");
}

TEST(RunEventBody, OfARunThatNeverStarted) {
  auto run = failed_run("cannot start nothing.py: No such file or directory");
  run.started_at.reset();
  const auto body = run_event_body(run, EventType::run_failed, limit_bytes, public_url);
  EXPECT_NE(body.find(R"("output":null,"started_at":null,"completed_at":"2025-01-15T10:30:00.000Z",)"), body.npos)
      << body;
}

TEST(RunEventBody, AnOutputOverTheLimitIsLinkedInstead) {
  EXPECT_EQ(success_body(R"({"a":"12345"})", 12),
            R"({"event":"run.succeeded","timestamp":"2025-01-15T10:30:00.000Z","data":{"run_id":"run_abc123",)"
            R"("deployment_id":"dep_xyz789","status":"succeeded","output":null,"output_truncated":true,)"
            R"("output_url":"https://hooks.example.com/v1/runs/run_abc123",)"
            R"("started_at":"2025-01-15T10:29:15.000Z","completed_at":"2025-01-15T10:30:00.000Z"}})");
}

TEST(RunEventBody, TheLimitIsOfTheTextThatIsSent) {
  EXPECT_NE(success_body(R"({"a":"12345"})", 13).find(R"("output":{"a":"12345"},)"), std::string::npos);
  EXPECT_NE(success_body(R"({ "a" : "12345" }     )", 13).find(R"("output":{"a":"12345"},)"), std::string::npos);
  // JavaScript writes 1e20 with 21 digits.
  EXPECT_NE(success_body(R"({"a":1e20})", 13).find("output_truncated"), std::string::npos);
}

TEST(RunEventBody, ASlashAfterThePublicUrlIsNotDoubled) {
  EXPECT_NE(success_body("{}", 1, "https://a.example/crew/").find(R"("https://a.example/crew/v1/runs/run_abc123")"),
            std::string::npos);
}

TEST(RunEventBody, IsAFixedPointOfJavaScriptForAnyOutput) {
  for (const std::string_view output : {
           R"({})",
           R"({"b":1.0,"a":1e-7,"c":-0,"d":9007199254740993,"e":1E400,"f":0.1e1})",
           R"({"10":1,"9":2,"b":3,"-1":4,"01":5})",
           R"({"a":1,"a":{"2":0,"1":0}})",
           R"({"lone":"\ud800","pair":"\ud83d\ude00","slash":"\/","del":"\u007f"})",
           "{\"text\":\"é \U0001F600 \u2028\", \"__proto__\" : {\"x\":[ 1 , 2 ]}}",
       }) {
    const auto body = success_body(std::string(output));
    expect_fixed_point(body);
    EXPECT_NE(body.find("\"output\":" + javascript_json(output).value() + ",\"started_at\""), body.npos) << body;
  }
}

TEST(RunEventBody, TakesTheDeepestOutputOfAProgram) {
  const auto output = output_from_stdout(std::string(64, '[') + std::string(64, ']'));
  EXPECT_NE(success_body(output).find("\"output\":" + output), std::string::npos);
}

TEST(RunEventBody, IsAFixedPointOfJavaScriptForAnyErrorMessage) {
  const std::string every_control = [] {
    std::string text;
    for (char c = 0; c < 0x20; ++c) text += c;
    return text + "\x7f\"\\/ \u2028\u2029 é \U0001F600";
  }();
  expect_fixed_point(failure_body(every_control));
  const auto replaced = failure_body("not UTF-8: \xff");
  expect_fixed_point(replaced);
  EXPECT_NE(replaced.find("not UTF-8: \uFFFD\"}}"), replaced.npos) << replaced;
}

TEST(RunEventBody, WithoutAnEndOrWithBrokenOutputIsABug) {
  auto unfinished = succeeded_run("{}");
  unfinished.completed_at.reset();
  EXPECT_THROW(run_event_body(unfinished, EventType::run_succeeded, limit_bytes, public_url), std::logic_error);
  EXPECT_THROW(success_body("{"), std::logic_error);
}

TEST(TestEventBody, NamesTheWebhook) {
  const auto body = test_event_body(OutgoingWebhookId::trusted("owh_1"), DeploymentId::trusted("dep_1"), started);
  EXPECT_EQ(body, R"({"event":"webhook.test","timestamp":"2025-01-15T10:29:15.000Z","data":{"webhook_id":"owh_1",)"
                  R"("deployment_id":"dep_1","message":"This is a test of your webhook. No run has ended."}})");
  expect_fixed_point(body);
}

}  // namespace
}  // namespace crewship
