// The signatures, verified by receivers written as users write them: the examples of the documentation, which are run
// here as they are, and the Standard Webhooks project's own library.
#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon.hpp"
#include "receiver.hpp"

namespace crewship::testing_support {
namespace {

using testing::HasSubstr;

// Everything that JSON.stringify writes differently from how it was written.
constexpr const char* nasty_output =
    R"({"b":1.0,"tiny":1e-7,"minus":-0,"big":12345678901234567890,"e":1E+2,"2":"two","1":"one","a/b":"\/",)"
    R"("unicode":"é日本😀\u00e9\u2028\u007f","control":"\u0001\t\n\"\\","lone":"\ud83d","pair":"\ud83d\ude00",)"
    R"("__proto__":{"x":1}, "twice":1 , "twice":2,"empty":{},"list":[ ]})";

struct Example {
  std::string name;
  std::vector<std::string> command;
};

void PrintTo(const Example& example, std::ostream* stream) { *stream << example.name; }

std::string example(std::string_view name) { return CREWSHIP_SOURCE_DIR "/docs/examples/" + std::string(name); }

bool is_installed(const std::string& program) {
  return run_program({.command = {"sh", "-c", "command -v " + program}}).status == 0;
}

class Signatures : public DaemonTest, public testing::WithParamInterface<Example> {};

TEST_P(Signatures, AreValidForAReceiverOfTheDocumentation) {
  const auto& command = GetParam().command;
  if (!is_installed(command.front())) GTEST_SKIP() << command.front() << " is not there";
  start({.config = {{"delivery", {{"retry_schedule", Json::array()}}}}});
  const Crew crew = daemon_->make_crew(builtin_echo());
  // The port is known when the receiver runs, and its secret when the webhook is made.
  const Json webhook = daemon_->subscribe(crew, "http://127.0.0.1:1/");
  const std::string path = "/v1/outgoing-webhooks/" + webhook["id"].get<std::string>();
  auto words = command;
  words.emplace_back("0");
  Program receiver({.command = words, .environment = {{"CREWSHIP_SECRET", webhook["secret"].get<std::string>()}}});
  const std::string greeting = "listening on ";
  ASSERT_TRUE(receiver.out().wait_until([&](std::string_view text) {
    return text.find("/\n") != std::string_view::npos;
  })) << receiver.err().text();
  std::string url = receiver.out().text();
  url = url.substr(url.find(greeting) + greeting.size());
  url = url.substr(0, url.find('\n'));
  ASSERT_EQ(daemon_->api("PATCH", path, {{"url", url}}).status, 200);

  for (const char* output : {R"({"a":1})", "{}", nasty_output}) {
    // The test's own JSON reader refuses the lone surrogate in the run, so only the delivery is looked at.
    const std::string run_id = daemon_->trigger(crew, output).json()["run_id"];
    EXPECT_TRUE(receiver.out().wait_for("run.succeeded " + run_id)) << receiver.out().text();
    const Json delivery = daemon_->wait_for_delivery(daemon_->deliveries(webhook).at(0)["id"].get<std::string>());
    EXPECT_EQ(delivery["status"], "succeeded") << output << delivery["attempts"];
    EXPECT_EQ(delivery["run_id"], run_id);
  }
  const std::string last = daemon_->deliveries(webhook).at(0)["id"];
  EXPECT_EQ(daemon_->post("/v1/deliveries/" + last + "/redeliver").status, 202);
  EXPECT_TRUE(receiver.out().wait_for("seen before: " + last));

  // The receiver still has the old secret, so it must refuse what is signed with the new one.
  EXPECT_EQ(daemon_->post(path + "/regenerate-secret").status, 200);
  daemon_->run_once(crew);
  const std::string refused = daemon_->deliveries(webhook).at(0)["id"];
  EXPECT_EQ(daemon_->wait_for_delivery(refused)["attempts"].at(0)["response_status"], 401);
  EXPECT_TRUE(receiver.out().wait_for("refused " + refused));
}

INSTANTIATE_TEST_SUITE_P(Examples, Signatures,
                         testing::Values(Example{"Python", {"python3", example("verify.py")}},
                                         Example{"Node", {"node", example("verify.mjs")}},
                                         Example{"Go", {CREWSHIP_BINARY_DIR "/tests/verify_go"}},
                                         Example{"Perl", {"perl", example("verify.pl")}},
                                         Example{"Java", {"java", example("Verify.java")}}),
                         [](const auto& instance) { return instance.param.name; });

class StandardWebhooks : public DaemonTest {
 protected:
  static std::string verify(const std::string& secret, const Received& request, const std::string& body) {
    Json headers;
    for (const auto& [name, value] : request.headers) headers[name] = value;
    const Json question{{"secret", secret}, {"headers", headers}, {"body", body}};
    const Finished answer = run_program(
        {.command = {"node", CREWSHIP_SOURCE_DIR "/tests/e2e/standard_webhooks.mjs"}, .input = question.dump()});
    return answer.out + answer.err;
  }
};

TEST_F(StandardWebhooks, LibraryVerifiesWithTheSameSecret) {
  start();
  Receiver receiver;
  const Crew crew = daemon_->make_crew(builtin_echo());
  const Json webhook = daemon_->subscribe(crew, receiver.url());
  daemon_->trigger(crew, nasty_output);
  const auto received = receiver.wait_for(1);
  ASSERT_EQ(received.size(), 1u);
  const std::string secret = webhook["secret"];
  EXPECT_THAT(secret, testing::MatchesRegex("whsec_[A-Za-z0-9+/]{43}="));
  EXPECT_EQ(verify(secret, received[0], received[0].body), "valid run.succeeded\n");
  EXPECT_THAT(verify(secret, received[0], received[0].body + " "), HasSubstr("invalid"));
  EXPECT_THAT(verify("whsec_" + std::string(43, 'A') + "=", received[0], received[0].body), HasSubstr("invalid"));
}

TEST_F(StandardWebhooks, LibraryVerifiesEachAttemptWithTheSecretOfThatMoment) {
  start({.config = {{"delivery", {{"retry_schedule", Json(std::vector<std::string>(50, "600ms"))}}}}});
  std::atomic<int> status = 500;
  Receiver receiver([&](const Received&, std::size_t) { return answer_with(std::to_string(status) + " Whatever"); });
  const Crew crew = daemon_->make_crew(builtin_echo());
  const Json webhook = daemon_->subscribe(crew, receiver.url());
  daemon_->trigger(crew, R"({"a":1})");
  ASSERT_EQ(receiver.wait_for(1).size(), 1u);
  const Answer renewed =
      daemon_->post("/v1/outgoing-webhooks/" + webhook["id"].get<std::string>() + "/regenerate-secret");
  ASSERT_EQ(renewed.status, 200);
  const std::string secret = renewed.json()["secret"];
  EXPECT_NE(secret, webhook["secret"].get<std::string>());
  // One attempt may have been under way already; the one after it began later.
  const std::size_t wanted = receiver.received().size() + 2;
  const auto received = receiver.wait_for(wanted);
  ASSERT_GE(received.size(), wanted);
  status = 200;

  const Received& first = received.front();
  const Received& last = received.back();
  EXPECT_EQ(verify(webhook["secret"], first, first.body), "valid run.succeeded\n");
  EXPECT_EQ(verify(secret, last, last.body), "valid run.succeeded\n");
  EXPECT_THAT(verify(webhook["secret"], last, last.body), HasSubstr("invalid"));
  EXPECT_EQ(last.body, first.body);
  EXPECT_EQ(last.header("X-Crewship-Delivery"), first.header("X-Crewship-Delivery"));
  EXPECT_NE(last.header("X-Crewship-Timestamp"), first.header("X-Crewship-Timestamp")) << "new on every attempt";
  EXPECT_NE(last.header("X-Crewship-Signature"), first.header("X-Crewship-Signature"));
}

}  // namespace
}  // namespace crewship::testing_support
