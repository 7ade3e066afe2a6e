// Deliveries to where they must never go, in a network where every address of the internet would answer. Traps at all
// of them see nothing; the good receiver beside them is reached, which shows that the traps are open.
#include <array>
#include <iostream>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "forbidden_targets.hpp"
#include "strange_network.hpp"

namespace crewship::testing_support {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* good_address = "93.184.216.34";
const std::string good_arrival = "::ffff:" + std::string(good_address);

class Egress : public StrangeNetwork {
 protected:
  void SetUp() override {
    StrangeNetwork::SetUp();
    if (IsSkipped()) return;
    for (const auto& [host, addresses] : targets_.names) name(host, {.addresses = addresses});
    name("good.test", {.addresses = {good_address}});
    name("half-good.test", {.addresses = {"10.0.0.1", good_address, "::1"}});
    for (const auto port : std::to_array<std::uint16_t>({80, 443, 8080})) {
      serve([this](PeerConnection& peer) { return spring(*this, peer); }, port);
    }
  }

  static Task<void> spring(Egress& self, PeerConnection& peer) {
    self.reached_.insert(peer.socket().local_endpoint().address().to_string());
    while (!(co_await peer.read_request()).empty()) {
      if (!co_await peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) break;
    }
  }
  // The addresses at which anybody has arrived.
  std::multiset<std::string> reached() {
    return loop_.on_loop([this] { return reached_; });
  }

  static Json closed() { return {{"delivery", {{"allow", Json::array()}, {"retry_schedule", Json::array()}}}}; }
  Answer try_to_subscribe(const Crew& crew, const std::string& url) {
    return daemon_->post("/v1/deployments/" + crew.deployment_id + "/outgoing-webhooks",
                         {{"name", "x"}, {"url", url}, {"events", {"run.succeeded"}}});
  }
  void expect_every_attempt_refused(const std::map<std::string, std::string>& webhooks) {
    for (const auto& [id, url] : webhooks) {
      SCOPED_TRACE(url);
      for (const Json& delivery : ended_deliveries(id, 1)) {
        EXPECT_EQ(delivery["status"], "failed");
        ASSERT_EQ(delivery["attempts"].size(), 1u);
        EXPECT_EQ(delivery["attempts"][0]["response_status"], nullptr);
        EXPECT_THAT(delivery["attempts"][0].value("error", ""),
                    testing::AnyOf(HasSubstr("refused to connect"), HasSubstr("cannot resolve")));
      }
    }
  }

  const ForbiddenTargets targets_ = forbidden_targets();
  std::multiset<std::string> reached_;
};

TEST_F(Egress, NoSpellingOfAForbiddenTargetIsReached) {
  start({.config = closed()});
  const Crew crew = daemon_->make_crew(builtin_echo());
  EXPECT_GE(targets_.urls.size(), 150u);
  std::map<std::string, std::string> webhooks;
  for (const std::string& url : targets_.urls) {
    const Answer answer = try_to_subscribe(crew, url);
    if (answer.status == 201) {
      webhooks[answer.json()["id"]] = url;
    } else {
      EXPECT_EQ(answer.status, 400) << url << ": " << answer.body;
      EXPECT_EQ(answer.json()["error"].value("field", ""), "url") << url;
    }
  }
  std::cout << targets_.urls.size() << " targets, " << webhooks.size() << " refused only when they are looked up\n";
  daemon_->run_once(crew);
  expect_every_attempt_refused(webhooks);
  EXPECT_THAT(reached(), IsEmpty());

  // The same traps, where it is allowed to go: also when other addresses of the name are forbidden.
  for (const char* url : {"http://good.test/", "http://half-good.test:8080/", "http://93.184.216.34/"}) {
    EXPECT_EQ(try_to_subscribe(crew, url).status, 201);
  }
  daemon_->run_once(crew);
  EXPECT_TRUE(daemon_->eventually([&] { return reached().size() == 3; }));
  EXPECT_EQ(reached(), (std::multiset<std::string>{good_arrival, good_arrival, good_arrival}));
}

TEST_F(Egress, WhatWasAllowedOnceIsCheckedAtEachAttempt) {
  Json open = closed();
  open["delivery"]["allow"] = {"0.0.0.0/0", "::/0"};
  start({.config = open});
  const Crew crew = daemon_->make_crew(builtin_echo());
  std::map<std::string, std::string> webhooks;
  for (const std::string& url : targets_.urls) {
    const Answer answer = try_to_subscribe(crew, url);
    if (answer.status == 201) webhooks[answer.json()["id"]] = url;
  }
  EXPECT_GT(webhooks.size(), 90u);
  daemon_->options().config["delivery"]["allow"] = Json::array();
  daemon_->write_config();
  daemon_->program().signal(SIGHUP);
  ASSERT_TRUE(daemon_->log().wait_for("configuration reloaded"));
  daemon_->run_once(crew);
  expect_every_attempt_refused(webhooks);
  EXPECT_THAT(reached(), IsEmpty());
}

// An attacker's name server answers what passes the check first, and the forbidden address a moment later.
TEST_F(Egress, ANameThatChangesIsCheckedAnewAndDialledAsChecked) {
  start({.config = closed()});
  const Crew crew = daemon_->make_crew(builtin_echo());
  name("rebind.test", {.addresses = {good_address}, .then_addresses = {"169.254.169.254"}});
  const std::string webhook = subscribe_to(crew, "http://rebind.test/");
  for (int run = 0; run < 4; ++run) daemon_->run_once(crew);
  std::size_t succeeded = 0;
  for (const Json& delivery : ended_deliveries(webhook, 4)) {
    if (delivery["status"] == "succeeded") {
      ++succeeded;
    } else {
      EXPECT_THAT(delivery["attempts"][0].value("error", ""), HasSubstr("169.254.169.254 (rebind.test)"));
    }
  }
  EXPECT_EQ(succeeded, 1u);
  EXPECT_EQ(reached(), (std::multiset<std::string>{good_arrival}));
}

}  // namespace
}  // namespace crewship::testing_support
