// The client's commands for deliveries and keys, and verify with what listen saved.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client.hpp"
#include "receiver.hpp"

namespace crewship::testing_support {
namespace {

using testing::HasSubstr;

class ClientDeliveryTest : public ClientTest {};

TEST_F(ClientDeliveryTest, ListsShowsRedeliversAndRecovers) {
  start({.config = {{"delivery", {{"retry_schedule", Json::array()}}}}});
  Receiver receiver(Receiver::in_turn({answer_with("500 Broken"), answer_with("500 Broken"), answer_with("200 OK")}));
  const Crew crew = daemon_->make_crew(builtin_echo());
  const std::string webhook = daemon_->subscribe(crew, receiver.url())["id"];
  const std::string run_id = daemon_->run_once(crew);
  const std::string id = told({"deliveries", "list", "--run", run_id})["deliveries"][0]["id"];
  EXPECT_EQ(daemon_->wait_for_delivery(id)["status"], "failed");
  EXPECT_THAT(crewshipd({"deliveries", "list", "--status", "failed", "--webhook", webhook}).out, HasSubstr(id));
  EXPECT_EQ(told({"deliveries", "list", "--deployment", crew.deployment_id, "--status", "succeeded"})["deliveries"],
            Json::array());
  const Finished shown = crewshipd({"deliveries", "show", id});
  EXPECT_THAT(shown.out, HasSubstr("500"));
  EXPECT_THAT(shown.out, HasSubstr("\"event\":\"run.succeeded\"")) << "its body";
  EXPECT_EQ(told({"deliveries", "redeliver", id})["id"], id);
  daemon_->wait_for("/v1/deliveries/" + id,
                    [](const Json& body) { return body["status"] == "failed" && body["attempts"].size() == 2; });
  EXPECT_EQ(told({"deliveries", "recover", webhook, "--since", "1h", "--dry-run"})["failed"], 1);
  EXPECT_EQ(told({"deliveries", "recover", webhook, "--since", "1h"})["redelivered"], 1);
  daemon_->wait_for("/v1/deliveries/" + id, [](const Json& body) { return body["status"] == "succeeded"; });
  EXPECT_EQ(crewshipd({"deliveries", "show", "dlv_00000000000000000000000000"}).status, 1);
}

TEST_F(ClientDeliveryTest, ManagesKeys) {
  start();
  const Json made = told({"keys", "create", "ci"});
  EXPECT_EQ(daemon_->api_with_key(made["key"], "GET", "/v1/runs").status, 200);
  const Finished table = crewshipd({"keys", "list"});
  EXPECT_THAT(table.out, HasSubstr("ci"));
  EXPECT_THAT(table.out, testing::Not(HasSubstr(made["key"].get<std::string>())));
  EXPECT_EQ(crewshipd({"keys", "delete", made["id"]}).status, 0);
  EXPECT_EQ(daemon_->api_with_key(made["key"], "GET", "/v1/runs").status, 401);
  const std::string last = told({"keys", "list"})["api_keys"][0]["id"];
  EXPECT_EQ(crewshipd({"keys", "delete", last}).status, 1);
}

class Verify : public ClientTest {
 protected:
  static Finished verify(std::vector<std::string> words, std::string input = {}) {
    words.insert(words.begin(), {CREWSHIPD_BINARY, "verify"});
    return run_program({.command = std::move(words), .input = std::move(input)});
  }
};

TEST_F(Verify, TellsWhatIsWrongWithASavedDelivery) {
  start();
  const std::string folder = daemon_->folder() / "requests";
  Program listening({.command = {CREWSHIPD_BINARY, "listen", "--listen", "127.0.0.1:0", "--save", folder}});
  ASSERT_TRUE(listening.out().wait_for("/ (any path)"));
  std::string url = listening.out().text();
  url = url.substr(url.find("http://"));
  url = url.substr(0, url.find(' '));
  const Crew crew = daemon_->make_crew(builtin_echo());
  const std::string secret = daemon_->subscribe(crew, url)["secret"];
  daemon_->trigger(crew, R"({"a":[1,2]})");
  ASSERT_TRUE(listening.out().wait_until(
      [](std::string_view text) { return text.contains("saved: ") && text.ends_with("\n"); }));
  std::string file = listening.out().text();
  file = file.substr(file.find("saved: ") + 7);
  file = file.substr(0, file.find('\n'));
  listening.signal(15);
  EXPECT_EQ(listening.wait(), 0);

  const Finished valid = verify({file, "--secret", secret});
  EXPECT_EQ(valid.status, 0) << valid.out << valid.err;
  EXPECT_THAT(valid.out, HasSubstr("X-Crewship-Signature  valid\nwebhook-signature     valid\n"));
  const std::string saved = read_file(file);
  EXPECT_EQ(verify({"-", "--secret", secret}, saved).status, 0);
  EXPECT_THAT(verify({file, "--secret", secret, "--at", "2100-01-01T00:00:00Z"}).out, HasSubstr("minutes old"));

  const Finished other = verify({file, "--secret", "whsec_" + std::string(43, 'A') + "="});
  EXPECT_EQ(other.status, 1);
  EXPECT_THAT(other.out, HasSubstr("most likely another webhook's or an old one"));
  EXPECT_THAT(verify({"-", "--secret", secret}, saved + "\n").out, HasSubstr("a line break was added"));
  EXPECT_THAT(verify({"-", "--secret", secret}, saved.substr(0, saved.size() - 3)).out,
              HasSubstr("Content-Length says"));
  const std::string body = saved.substr(saved.find("\r\n\r\n") + 4);
  const std::string rewritten = daemon_->folder() / "body.json";
  write_file(rewritten, nlohmann::ordered_json::parse(body).dump(2));
  EXPECT_THAT(verify({file, "--body", rewritten, "--secret", secret}).out, HasSubstr("parsed and written again"));
  EXPECT_THAT(verify({file, "--header", "X-Crewship-Timestamp: 1", "--secret", secret}).out,
              HasSubstr("X-Crewship-Timestamp is not the one that was signed"));
  EXPECT_THAT(verify({"-", "--secret", secret}, "Content-Type: application/json\n\n" + body).out,
              HasSubstr("there is no signature"));
}

TEST_F(Verify, RefusesWhatItCannotCheck) {
  EXPECT_EQ(verify({}).status, 2);
  EXPECT_EQ(verify({"/nowhere", "--secret", "whsec_AAAA"}).status, 2);
  EXPECT_EQ(verify({"-"}, "A: b\n\n{}").status, 2) << "no secret";
  const Finished garbled = verify({"-", "--secret", "whsec_AAAA"}, "A: b\nno header\n\n{}");
  EXPECT_EQ(garbled.status, 2);
  EXPECT_THAT(garbled.err, HasSubstr("Line 2"));
  EXPECT_THAT(verify({"-", "--secret", "whsec_AA"}, "webhook-signature: v1,x\n\n").out, HasSubstr("whsec_ and base64"));
  start();
}

}  // namespace
}  // namespace crewship::testing_support
