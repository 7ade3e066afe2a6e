// What follows from a subscriber's answer: retries, the end of a delivery, sending again; and that one subscriber's
// trouble is not another's.
#include <algorithm>
#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <crewship/base/time_format.hpp>

#include "daemon.hpp"
#include "receiver.hpp"

namespace crewship::testing_support {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

WallTime time_at(const Json& object, const char* name) { return parse_timestamp(at(object, name)).value(); }

class DeliveryRetries : public DaemonTest {
 protected:
  void start(const Json& delivery = Json::object()) {
    DaemonTest::start({.config = {{"delivery", delivery}}});
    crew_ = daemon_->make_crew(builtin_echo());
  }
  // The delivery of a run's end to this webhook: its id is known when the run has ended.
  std::string deliver(const Json& webhook, std::string_view input = "{}") {
    const std::string run_id = daemon_->run_once(crew_, input);
    for (const Json& delivery : daemon_->deliveries(webhook)) {
      if (delivery["run_id"] == run_id) return delivery["id"];
    }
    ADD_FAILURE() << "no delivery of " << run_id;
    return "";
  }
  // After so many attempts.
  Json wait_for_attempts(const std::string& delivery_id, std::size_t count) {
    return daemon_->wait_for("/v1/deliveries/" + delivery_id, [count](const Json& delivery) {
      const Json& attempts = delivery["attempts"];
      return attempts.size() >= count && !attempts[count - 1]["duration_ms"].is_null();
    });
  }
  static std::string path_of(const Json& webhook) { return "/v1/outgoing-webhooks/" + at(webhook, "id"); }

  Crew crew_;
};

TEST_F(DeliveryRetries, FollowEveryAnswerButSuccess) {
  start({{"retry_schedule", Json(std::vector<std::string>(9, "10ms"))}});
  Receiver elsewhere;
  Receiver receiver(Receiver::in_turn({
      answer_with("500 Internal Server Error", "", "what went wrong"),
      answer_with("302 Found", "Location: " + elsewhere.url() + "\r\n"),
      answer_with("308 Permanent Redirect", "Location: " + elsewhere.url() + "\r\n"),
      answer_with("404 Not Found"),
      answer_with("304 Not Modified"),
      "not HTTP at all\r\n\r\n",
      answer_with("599 Whatever"),
      answer_with("299 Fine"),
  }));
  const Json webhook = daemon_->subscribe(crew_, receiver.url());
  const Json delivery = daemon_->wait_for_delivery(deliver(webhook, R"({"a":1.0})"));

  EXPECT_EQ(delivery["status"], "succeeded");
  EXPECT_EQ(delivery["next_attempt_at"], nullptr);
  const Json& attempts = delivery["attempts"];
  ASSERT_EQ(attempts.size(), 8u);
  const Json expected{500, 302, 308, 404, 304, nullptr, 599, 299};
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    EXPECT_EQ(attempts[i]["number"], i + 1);
    EXPECT_EQ(attempts[i]["response_status"], expected[i]);
    EXPECT_EQ(attempts[i]["status"], i == 7 ? "succeeded" : "failed");
    EXPECT_EQ(attempts[i]["error"].is_null(), i == 7) << attempts[i];
    EXPECT_THAT(at(attempts[i], "id"), testing::StartsWith("att_"));
    EXPECT_TRUE(attempts[i]["duration_ms"].is_number());
  }
  EXPECT_EQ(attempts[0]["response_body"], "what went wrong");
  EXPECT_TRUE(elsewhere.received().empty()) << "redirects are never followed";

  const auto received = receiver.received();
  for (const auto& request : received) {
    EXPECT_EQ(request.body, received[0].body) << "byte for byte, on every attempt";
    EXPECT_EQ(request.header("X-Crewship-Delivery"), at(delivery, "id"));
  }
}

TEST_F(DeliveryRetries, EndWithTheSchedule) {
  start({{"retry_schedule", {"10ms", "10ms"}}});
  Receiver receiver(Receiver::in_turn({answer_with("500 Oops")}));
  const Json webhook = daemon_->subscribe(crew_, receiver.url());
  const Json delivery = daemon_->wait_for_delivery(deliver(webhook));
  EXPECT_EQ(delivery["status"], "failed");
  EXPECT_EQ(delivery["attempts"].size(), 3u);
  EXPECT_EQ(delivery["next_attempt_at"], nullptr);
  EXPECT_EQ(daemon_->get(path_of(webhook) + "/deliveries?status=failed").json()["deliveries"].size(), 1u);
  EXPECT_EQ(daemon_->get(path_of(webhook) + "/deliveries?status=pending").json()["deliveries"].size(), 0u);
}

TEST_F(DeliveryRetries, ComeAfterFiveSecondsUnlessConfigured) {
  start({{"retry_schedule", nullptr}});
  Receiver receiver(Receiver::in_turn({answer_with("500 Oops")}));
  const Json webhook = daemon_->subscribe(crew_, receiver.url());
  const Json delivery = wait_for_attempts(deliver(webhook), 1);
  const auto wait = time_at(delivery, "next_attempt_at") - time_at(delivery["attempts"][0], "started_at");
  EXPECT_GE(wait, 4500ms);
  EXPECT_LT(wait, 2min) << "the next step would be five";
}

TEST_F(DeliveryRetries, WaitAsLongAsTheAnswerAsks) {
  start({{"retry_schedule", {"10ms", "10ms", "10ms", "10ms"}}});
  struct Case {
    const char* answer;
    const char* header;
    std::chrono::milliseconds least;
    std::chrono::milliseconds most;
  };
  for (const auto& [answer, header, least, most] : {
           Case{"503 Busy", "Retry-After: 600\r\n", 600s, 660s},
           Case{"429 Slow", "Retry-After: 3600\r\n", 3600s, 3660s},
           Case{"503 Busy", "Retry-After: 999999\r\n", 3600s, 3660s},
           Case{"503 Busy", "Retry-After: Fri, 31 Dec 2398 23:59:59 GMT\r\n", 3600s, 3660s},
       }) {
    Receiver receiver(Receiver::in_turn({answer_with(answer, header)}));
    const Json webhook = daemon_->subscribe(crew_, receiver.url());
    const Json delivery = wait_for_attempts(deliver(webhook), 1);
    const auto wait = time_at(delivery, "next_attempt_at") - time_at(delivery["attempts"][0], "started_at");
    EXPECT_GE(wait, least - 1ms) << header;  // timestamps are cut to milliseconds
    EXPECT_LE(wait, most) << header;
    daemon_->api("DELETE", path_of(webhook));
  }
  // On other answers, or when it cannot be read, the schedule counts.
  for (const auto& answer :
       {answer_with("500 Oops", "Retry-After: 600\r\n"), answer_with("503 Busy", "Retry-After: soon\r\n"),
        answer_with("503 Busy", "Retry-After: -5\r\n")}) {
    Receiver receiver(Receiver::in_turn({answer, answer_with("200 OK")}));
    const Json webhook = daemon_->subscribe(crew_, receiver.url());
    EXPECT_EQ(daemon_->wait_for_delivery(deliver(webhook))["status"], "succeeded") << answer;
    daemon_->api("DELETE", path_of(webhook));
  }
}

TEST_F(DeliveryRetries, EndAtOnceWhenTheSubscriberIsGone) {
  start({{"retry_schedule", {"10ms", "10ms"}}});
  Receiver receiver(Receiver::in_turn({answer_with("410 Gone")}));
  const Json webhook = daemon_->subscribe(crew_, receiver.url());
  const Json delivery = daemon_->wait_for_delivery(deliver(webhook));
  EXPECT_EQ(delivery["status"], "failed");
  EXPECT_EQ(delivery["attempts"].size(), 1u);
}

TEST_F(DeliveryRetries, DoNotWaitForBodies) {
  start({{"retry_schedule", Json::array()}});
  // Ten gigabytes are announced and never come.
  Receiver slow(
      Receiver::in_turn({"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n" + std::string(100000, 'x')}));
  Receiver large(Receiver::in_turn({answer_with("200 OK", "", std::string(5000000, 'y'))}));
  for (Receiver* receiver : {&slow, &large}) {
    const Json webhook = daemon_->subscribe(crew_, receiver->url());
    const Json delivery = daemon_->wait_for_delivery(deliver(webhook));
    EXPECT_EQ(delivery["status"], "succeeded");
    EXPECT_EQ(at(delivery["attempts"][0], "response_body").size(), 1024u);
  }
}

TEST_F(DeliveryRetries, FollowAnswersThatDoNotComeInTime) {
  start({{"retry_schedule", {"10ms"}}, {"timeout", "200ms"}});
  Receiver receiver([](const Received&, std::size_t) { return std::nullopt; });
  const Json webhook = daemon_->subscribe(crew_, receiver.url());
  const Json delivery = daemon_->wait_for_delivery(deliver(webhook));
  EXPECT_EQ(delivery["status"], "failed");
  ASSERT_EQ(delivery["attempts"].size(), 2u);
  EXPECT_THAT(at(delivery["attempts"][0], "error"), HasSubstr("200 ms"));
  EXPECT_EQ(delivery["attempts"][0]["response_status"], nullptr);
}

TEST_F(DeliveryRetries, FollowConnectionsThatAreRefused) {
  start({{"retry_schedule", {"10ms"}}});
  const Json webhook = daemon_->subscribe(crew_, "http://127.0.0.1:1/");
  const Json delivery = daemon_->wait_for_delivery(deliver(webhook));
  EXPECT_EQ(delivery["attempts"].size(), 2u);
  EXPECT_THAT(at(delivery["attempts"][0], "error"), HasSubstr("127.0.0.1:1"));
}

TEST_F(DeliveryRetries, OfOneSubscriberDelayNobodyElse) {
  start({{"max_in_flight_per_webhook", 8}, {"max_in_flight", 16}});
  {
    Receiver healthy;
    Receiver hanging([](const Received&, std::size_t) { return std::nullopt; });
    daemon_->subscribe(crew_, hanging.url());
    daemon_->subscribe(crew_, healthy.url());
    constexpr std::size_t runs = 20;
    for (std::size_t run = 0; run < runs; ++run) EXPECT_EQ(daemon_->trigger(crew_).status, 202);
    EXPECT_EQ(healthy.wait_for(runs).size(), runs);
    EXPECT_EQ(hanging.wait_for(8).size(), 8u) << "at most so many at once for one webhook";
  }
}

TEST_F(DeliveryRetries, EndWhenTheWebhookIsDisabledOrDeleted) {
  start({{"retry_schedule", {"1h"}}});
  Receiver receiver(Receiver::in_turn({answer_with("500 Oops")}));
  const Json disabled = daemon_->subscribe(crew_, receiver.url());
  const Json deleted = daemon_->subscribe(crew_, receiver.url());
  const std::string run_id = daemon_->run_once(crew_);
  const std::string of_disabled = daemon_->deliveries(disabled).at(0)["id"];
  const std::string of_deleted = daemon_->deliveries(deleted).at(0)["id"];
  wait_for_attempts(of_disabled, 1);
  wait_for_attempts(of_deleted, 1);

  EXPECT_EQ(daemon_->api("PATCH", path_of(disabled), {{"enabled", false}}).json()["enabled"], false);
  EXPECT_EQ(daemon_->api("DELETE", path_of(deleted)).status, 204);
  for (const auto& id : {of_disabled, of_deleted}) {
    const Json delivery = daemon_->get("/v1/deliveries/" + id).json();
    EXPECT_EQ(delivery["status"], "failed");
    EXPECT_EQ(delivery["next_attempt_at"], nullptr);
    EXPECT_EQ(delivery["error"], "webhook disabled");
  }

  EXPECT_EQ(daemon_->api("PATCH", path_of(disabled), {{"enabled", true}}).status, 200);
  EXPECT_EQ(daemon_->get("/v1/deliveries/" + of_disabled).json()["status"], "failed") << "old ones stay ended";
  daemon_->run_once(crew_);
  const auto received = receiver.wait_for(3);
  ASSERT_EQ(received.size(), 3u);
  EXPECT_NE(received[2].header("X-Crewship-Delivery"), of_disabled);
}

TEST_F(DeliveryRetries, CanBeAskedFor) {
  start({{"retry_schedule", Json::array()}});
  std::atomic<int> status = 500;
  Receiver receiver([&](const Received&, std::size_t) { return answer_with(std::to_string(status) + " Whatever"); });
  const Json webhook = daemon_->subscribe(crew_, receiver.url());
  const std::string id = deliver(webhook);
  EXPECT_EQ(daemon_->wait_for_delivery(id)["status"], "failed");

  status = 200;
  for (std::size_t attempts = 2; attempts <= 3; ++attempts) {  // a failed one, then one that has succeeded
    const Answer again = daemon_->post("/v1/deliveries/" + id + "/redeliver");
    EXPECT_EQ(again.status, 202);
    EXPECT_EQ(again.json()["id"], id);
    const Json delivery = wait_for_attempts(id, attempts);
    EXPECT_EQ(delivery["attempts"].size(), attempts);
    EXPECT_EQ(daemon_->wait_for_delivery(id)["status"], "succeeded");
  }
  const auto received = receiver.received();
  ASSERT_EQ(received.size(), 3u);
  for (const auto& request : received) {
    EXPECT_EQ(request.header("X-Crewship-Delivery"), id);
    EXPECT_EQ(request.body, received[0].body);
  }
  EXPECT_EQ(daemon_->post("/v1/deliveries/dlv_00000000000000000000000000/redeliver").status, 404);
}

TEST_F(DeliveryRetries, OfAllThatFailedCanBeAskedFor) {
  start({{"retry_schedule", Json::array()}});
  std::atomic<int> status = 200;
  Receiver receiver([&](const Received&, std::size_t) { return answer_with(std::to_string(status) + " Whatever"); });
  const Json webhook = daemon_->subscribe(crew_, receiver.url());
  EXPECT_EQ(daemon_->wait_for_delivery(deliver(webhook))["status"], "succeeded");
  status = 500;
  std::vector<Json> failed;
  for (int i = 0; i < 3; ++i) failed.push_back(daemon_->wait_for_delivery(deliver(webhook)));

  status = 200;
  const Answer recovered = daemon_->post(path_of(webhook) + "/recover", {{"since", failed[1]["created_at"]}});
  EXPECT_EQ(recovered.status, 202);
  EXPECT_EQ(recovered.json(), (Json{{"redelivered", 2}}));
  EXPECT_EQ(wait_for_attempts(at(failed[1], "id"), 2)["attempts"].size(), 2u);
  EXPECT_EQ(wait_for_attempts(at(failed[2], "id"), 2)["attempts"].size(), 2u);
  EXPECT_EQ(daemon_->get("/v1/deliveries/" + at(failed[0], "id")).json()["attempts"].size(), 1u);

  EXPECT_EQ(daemon_->post(path_of(webhook) + "/recover", {{"since", "2025-01-15T10:00:00Z"}}).json(),
            (Json{{"redelivered", 1}}));
  wait_for_attempts(at(failed[0], "id"), 2);
  EXPECT_EQ(daemon_->post(path_of(webhook) + "/recover", {{"since", "yesterday"}}).json()["error"]["field"], "since");
}

TEST_F(DeliveryRetries, CanBeFollowedInTheLogWithGrep) {
  start({{"retry_schedule", {"10ms"}}});
  Receiver receiver(Receiver::in_turn({answer_with("500 Oops"), answer_with("200 OK")}));
  const Json webhook = daemon_->subscribe(crew_, receiver.url());
  const std::string id = deliver(webhook);
  const std::string run_id = daemon_->wait_for_delivery(id)["run_id"];
  EXPECT_TRUE(daemon_->log().wait_for_line({"run started", run_id}));
  EXPECT_TRUE(daemon_->log().wait_for_line({"run succeeded", run_id}));
  EXPECT_TRUE(daemon_->log().wait_for_line({"attempt failed", run_id, id, "attempt=1", "status=500"}));
  EXPECT_TRUE(daemon_->log().wait_for_line({"delivery succeeded", run_id, id, "attempt=2", "status=200"}));
}

}  // namespace
}  // namespace crewship::testing_support
