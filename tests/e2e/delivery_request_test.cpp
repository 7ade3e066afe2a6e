// What a subscriber gets: headers, body bytes, signatures, which events, and where deliveries may go at all.
#include <atomic>
#include <csignal>
#include <map>
#include <set>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon.hpp"
#include "receiver.hpp"

namespace crewship::testing_support {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class DeliveryRequest : public DaemonTest {
 protected:
  // The one request that a run with this input or program leads to.
  Received first_request(Receiver& receiver) {
    const auto received = receiver.wait_for(1);
    if (received.empty()) throw std::runtime_error("nothing was delivered");
    return received.front();
  }
};

TEST_F(DeliveryRequest, HasTheHeadersAndTheBodyOfThePage) {
  start();
  Receiver receiver;
  const Crew crew = daemon_->make_crew(builtin_echo());
  daemon_->subscribe(crew, receiver.url("/hook?a=b%20c"),
                     {{"headers", {{"X-Tenant", "blue"}, {"Authorization", "Bearer t"}}}});
  const std::string run_id = daemon_->run_once(crew, R"({"result":"Your crew output here..."})");
  const Received request = first_request(receiver);

  EXPECT_EQ(request.request_line, "POST /hook?a=b%20c HTTP/1.1");
  std::map<std::string, std::string> headers(request.headers.begin(), request.headers.end());
  EXPECT_EQ(headers.size(), request.headers.size()) << "no header twice";
  const std::string delivery_id = request.header("X-Crewship-Delivery");
  const std::string timestamp = request.header("X-Crewship-Timestamp");
  EXPECT_THAT(delivery_id, testing::StartsWith("dlv_"));
  EXPECT_THAT(timestamp, MatchesRegex("[0-9]{10}"));
  EXPECT_THAT(request.header("X-Crewship-Signature"), MatchesRegex("sha256=[0-9a-f]{64}"));
  EXPECT_THAT(request.header("webhook-signature"), MatchesRegex("v1,[A-Za-z0-9+/]{43}="));
  EXPECT_THAT(request.header("User-Agent"), MatchesRegex("crewshipd/[0-9]+\\.[0-9]+\\.[0-9]+.*"));
  for (const char* changing : {"X-Crewship-Signature", "webhook-signature", "User-Agent"}) headers.erase(changing);
  EXPECT_EQ(headers, (std::map<std::string, std::string>{{"Host", "127.0.0.1:" + std::to_string(receiver.port())},
                                                         {"Content-Type", "application/json"},
                                                         {"Content-Length", std::to_string(request.body.size())},
                                                         {"X-Crewship-Event", "run.succeeded"},
                                                         {"X-Crewship-Delivery", delivery_id},
                                                         {"X-Crewship-Timestamp", timestamp},
                                                         {"webhook-id", delivery_id},
                                                         {"webhook-timestamp", timestamp},
                                                         {"traceparent", request.header("traceparent")},
                                                         {"X-Tenant", "blue"},
                                                         {"Authorization", "Bearer t"}}));

  const Json run = daemon_->get("/v1/runs/" + run_id).json();
  EXPECT_EQ(request.body,
            R"({"event":"run.succeeded","timestamp":")" + at(run, "completed_at") + R"(","data":{"run_id":")" + run_id +
                R"(","deployment_id":")" + crew.deployment_id +
                R"(","status":"succeeded","output":{"result":"Your crew output here..."},"started_at":")" +
                at(run, "started_at") + R"(","completed_at":")" + at(run, "completed_at") + R"("}})");
  EXPECT_THAT(at(run, "completed_at"), MatchesRegex("20..-..-..T..:..:..\\....Z"));
}

TEST_F(DeliveryRequest, GoesOnWithTheTraceOfTheCaller) {
  start();
  Receiver receiver;
  const Crew crew = daemon_->make_crew(shell("echo $TRACEPARENT"));
  daemon_->subscribe(crew, receiver.url());
  const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-";
  EXPECT_EQ(daemon_->trigger(crew, "{}", {"traceparent: " + trace + "00f067aa0ba902b7-01"}).status, 202);
  const Received request = first_request(receiver);
  EXPECT_THAT(request.header("traceparent"), testing::StartsWith(trace));
  const std::string of_program = Json::parse(request.body).at("data").at("output").at("result");
  EXPECT_THAT(of_program, MatchesRegex(trace + "[0-9a-f]{16}-01"));
  EXPECT_NE(of_program, request.header("traceparent")) << "a program and an attempt have different parents";
}

TEST_F(DeliveryRequest, OfAFailedRunSaysWhy) {
  start();
  Receiver receiver;
  const Crew crew = daemon_->make_crew(shell("echo 'out of paper' >&2; exit 3"));
  daemon_->subscribe(crew, receiver.url());
  const std::string run_id = daemon_->run_once(crew);
  const Received request = first_request(receiver);
  EXPECT_EQ(request.header("X-Crewship-Event"), "run.failed");
  const Json body = Json::parse(request.body);
  EXPECT_EQ(body["event"], "run.failed");
  const Json run = daemon_->get("/v1/runs/" + run_id).json();
  EXPECT_EQ(body["data"], (Json{{"run_id", run_id},
                                {"deployment_id", crew.deployment_id},
                                {"status", "failed"},
                                {"output", nullptr},
                                {"error_message", "exited with status 3: out of paper"},
                                {"started_at", run["started_at"]},
                                {"completed_at", run["completed_at"]}}));
}

TEST_F(DeliveryRequest, OfARunThatNeverStartedHasNoStart) {
  start();
  Receiver receiver;
  const Crew crew = daemon_->make_crew({{"type", "command"}, {"command", {"no-such-program"}}});
  daemon_->subscribe(crew, receiver.url());
  const Answer answer = daemon_->trigger(crew);
  EXPECT_EQ(answer.status, 503);
  const Json data = Json::parse(first_request(receiver).body)["data"];
  EXPECT_EQ(data["run_id"], answer.json()["error"]["run_id"]);
  EXPECT_EQ(data["started_at"], nullptr);
  EXPECT_THAT(at(data, "error_message"), HasSubstr("no-such-program"));
}

TEST_F(DeliveryRequest, OfARunThatCrashesAtOnceFollowsThe202) {
  start();
  Receiver receiver;
  const Crew crew = daemon_->make_crew(shell("exit 3"));
  daemon_->subscribe(crew, receiver.url());
  EXPECT_EQ(daemon_->trigger(crew).status, 202);
  EXPECT_EQ(first_request(receiver).header("X-Crewship-Event"), "run.failed");
}

TEST_F(DeliveryRequest, GoesToThoseWhoAskedForIt) {
  start();
  Receiver receiver;
  const Crew crew = daemon_->make_crew(builtin_echo());
  const Crew other = daemon_->make_crew(builtin_echo());
  daemon_->subscribe(crew, receiver.url("/failed"), {{"events", {"run.failed"}}});
  daemon_->subscribe(crew, receiver.url("/staging"), {{"environment", "staging"}});
  daemon_->subscribe(other, receiver.url("/other"));
  const Json disabled = daemon_->subscribe(crew, receiver.url("/disabled"));
  daemon_->api("PATCH", "/v1/outgoing-webhooks/" + at(disabled, "id"), {{"enabled", false}});
  daemon_->subscribe(crew, receiver.url("/both"));
  daemon_->subscribe(crew, receiver.url("/succeeded"), {{"events", {"run.succeeded"}}});
  daemon_->run_once(crew);
  daemon_->go_live(crew, shell("exit 1"));
  daemon_->run_once(crew);

  std::multiset<std::string> expected{"POST /both HTTP/1.1", "POST /both HTTP/1.1", "POST /succeeded HTTP/1.1",
                                      "POST /failed HTTP/1.1"};
  receiver.wait_for(expected.size());
  ASSERT_TRUE(daemon_->eventually([&] {
    return curl({.url = daemon_->url() + "/metrics"}).body.find("\ncrewship_deliveries_waiting 0\n") !=
           std::string::npos;
  }));
  std::multiset<std::string> lines;
  for (const auto& request : receiver.received()) lines.insert(request.request_line);
  EXPECT_EQ(lines, expected);
}

TEST_F(DeliveryRequest, LeavesOutALargeOutput) {
  start({.config = {{"public_url", "https://hooks.example.com"}, {"delivery", {{"output_bytes", 1000}}}}});
  Receiver receiver;
  const Crew crew = daemon_->make_crew(builtin_echo());
  daemon_->subscribe(crew, receiver.url());
  const std::string frame = R"({"a":""})";
  const auto output_of = [&](std::size_t bytes) {
    return R"({"a":")" + std::string(bytes - frame.size(), 'x') + R"("})";
  };

  daemon_->run_once(crew, output_of(1000));
  EXPECT_EQ(Json::parse(first_request(receiver).body)["data"]["output"], Json::parse(output_of(1000)));

  const std::string run_id = daemon_->run_once(crew, output_of(1001));
  const auto received = receiver.wait_for(2);
  ASSERT_EQ(received.size(), 2u);
  const Json data = Json::parse(received[1].body)["data"];
  EXPECT_EQ(data["output"], nullptr);
  EXPECT_EQ(data["output_truncated"], true);
  EXPECT_EQ(data["output_url"], "https://hooks.example.com/v1/runs/" + run_id);
  EXPECT_EQ(daemon_->get("/v1/runs/" + run_id).json()["output"], Json::parse(output_of(1001)));
}

TEST_F(DeliveryRequest, OfATestSaysSo) {
  start();
  Receiver receiver;
  const Crew crew = daemon_->make_crew(builtin_echo());
  const Json webhook = daemon_->subscribe(crew, receiver.url());
  const Answer answer = daemon_->post("/v1/outgoing-webhooks/" + at(webhook, "id") + "/test");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.json()["event"], "webhook.test");
  const Received request = first_request(receiver);
  EXPECT_EQ(request.header("X-Crewship-Event"), "webhook.test");
  EXPECT_EQ(request.header("X-Crewship-Delivery"), at(answer.json(), "id"));
  EXPECT_EQ(Json::parse(request.body)["event"], "webhook.test");
  const Json delivery = daemon_->wait_for_delivery(at(answer.json(), "id"));
  EXPECT_EQ(delivery["status"], "succeeded");
  EXPECT_EQ(delivery["run_id"], nullptr);
}

TEST_F(DeliveryRequest, UsesNoProxyOfTheEnvironment) {
  start({.environment = {{"http_proxy", "http://127.0.0.1:1"},
                         {"HTTP_PROXY", "http://127.0.0.1:1"},
                         {"ALL_PROXY", "http://127.0.0.1:1"},
                         {"no_proxy", std::nullopt}}});
  Receiver receiver;
  const Crew crew = daemon_->make_crew(builtin_echo());
  daemon_->subscribe(crew, receiver.url());
  daemon_->run_once(crew);
  EXPECT_EQ(receiver.wait_for(1).size(), 1u);
}

TEST_F(DeliveryRequest, IsNotMadeToPlacesThatAreNotAllowed) {
  start({.config = {{"delivery", {{"allow", Json::array()}, {"retry_schedule", Json::array()}}}}});
  Receiver receiver;
  const Crew crew = daemon_->make_crew(builtin_echo());
  const std::string webhooks = "/v1/deployments/" + crew.deployment_id + "/outgoing-webhooks";
  for (const char* url :
       {"http://127.0.0.1/", "http://[::1]/", "http://10.0.0.1/", "http://169.254.169.254/",
        "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/", "http://100.64.0.1/", "http://2130706433/",
        "ftp://example.com/", "http://user:pw@example.com/", "https://example.com/#part", "example.com"}) {
    const Answer answer = daemon_->post(webhooks, {{"name", "x"}, {"url", url}, {"events", {"run.failed"}}});
    EXPECT_EQ(answer.status, 400) << url;
    EXPECT_EQ(answer.json()["error"]["field"], "url") << url;
  }

  // A name is looked up when it is dialled.
  const Json webhook = daemon_->subscribe(crew, "http://localhost:" + std::to_string(receiver.port()) + "/hook");
  daemon_->run_once(crew);
  Json delivery = daemon_->wait_for_delivery(at(daemon_->deliveries(webhook).at(0), "id"));
  EXPECT_EQ(delivery["status"], "failed");
  ASSERT_EQ(delivery["attempts"].size(), 1u);
  EXPECT_THAT(at(delivery["attempts"][0], "error"), HasSubstr("refused"));
  EXPECT_THAT(at(delivery["attempts"][0], "error"), HasSubstr("delivery.allow"));
  EXPECT_EQ(delivery["attempts"][0]["response_status"], nullptr);
  EXPECT_TRUE(receiver.received().empty());

  // An operator who allows it need not restart.
  daemon_->options().config["delivery"]["allow"] = {"127.0.0.0/8"};
  daemon_->write_config();
  daemon_->program().signal(SIGHUP);
  ASSERT_TRUE(daemon_->log().wait_for("configuration reloaded"));
  EXPECT_EQ(daemon_->post("/v1/deliveries/" + at(delivery, "id") + "/redeliver").status, 202);
  EXPECT_EQ(receiver.wait_for(1).size(), 1u);
}

TEST_F(DeliveryRequest, TrustsNoCertificateButTheSystems) {
  const TempDir folder;
  const std::string certificate = folder / "cert.pem";
  const std::string key = folder / "key.pem";
  ASSERT_EQ(run_program({.command = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                                     "-nodes", "-subj", "/CN=test", "-addext",
                                     "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key, "-out", certificate}})
                .status,
            0);
  Daemon target({.config = {{"tls", {{"certificate_file", certificate}, {"key_file", key}}}}});
  target.start();
  for (const bool trusted : {false, true}) {
    start({.config = {{"delivery", {{"retry_schedule", Json::array()}}}},
           .environment = {{"SSL_CERT_FILE", trusted ? std::optional(certificate) : std::nullopt}}});
    const Crew crew = daemon_->make_crew(builtin_echo());
    for (const char* host : {"127.0.0.1", "localhost"}) {
      const std::string port = target.url().substr(target.url().rfind(':'));
      const Json webhook = daemon_->subscribe(crew, std::string("https://") + host + port + "/healthz");
      const Answer test = daemon_->post("/v1/outgoing-webhooks/" + at(webhook, "id") + "/test");
      const Json attempt = daemon_->wait_for_delivery(at(test.json(), "id"))["attempts"].at(0);
      if (trusted) {
        EXPECT_EQ(attempt["response_status"], 405) << "the connection was good, though the path only takes GET";
      } else {
        EXPECT_EQ(attempt["response_status"], nullptr);
        EXPECT_THAT(at(attempt, "error"), HasSubstr("certificate"));
      }
    }
    EXPECT_EQ(daemon_->stop(), 0);
  }
  EXPECT_EQ(target.stop(), 0);
}

}  // namespace
}  // namespace crewship::testing_support
