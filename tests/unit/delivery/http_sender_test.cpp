// The sender over real sockets: what a receiver gets, and what is recorded of what it does.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <crewship/base/version.hpp>
#include <crewship/delivery/sender.hpp>
#include <crewship/delivery/signing.hpp>

#include "support/dns_server.hpp"
#include "support/fake_clock.hpp"
#include "support/run_loop.hpp"
#include "support/tcp_peer.hpp"
#include "support/temp_dir.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;

const std::string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

class HttpSenderTest : public testing::Test {
 protected:
  HttpSenderTest() {
    ::setenv("SSL_CERT_FILE", "/dev/null", 1);  // reading the system's authorities takes longer than these tests do
    ::setenv("SSL_CERT_DIR", "/dev/null", 1);
    loop.poll();
  }

  void TearDown() override {
    if (sender) sender->close();
    sender.reset();
    peers.clear();
    dns.close();
    ASSERT_TRUE(loop.drain()) << "something still waits on the loop";
  }

  static HttpSenderOptions allowing_loopback() {
    HttpSenderOptions options;
    options.allow = {Cidr::parse("127.0.0.0/8").value()};
    return options;
  }

  TcpPeer& serve(TcpPeer::Script script) {
    return *peers.emplace_back(std::make_unique<TcpPeer>(loop.executor(), std::move(script)));
  }

  static ClaimedDelivery delivery_to(std::string url, std::vector<std::pair<std::string, std::string>> headers = {},
                                     std::string with_secret = secret) {
    ClaimedDelivery claimed;
    claimed.delivery.id = DeliveryId::trusted("dlv_01jhmvk3x8000000000000000z");
    claimed.delivery.event = EventType::run_failed;
    claimed.delivery.received_traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    claimed.attempt.id = AttemptId::trusted("att_01jhmvk3x8000000000000000a");
    claimed.delivery.body = R"({"event":"run.failed"})";
    claimed.target = std::make_shared<Target>(Target{.deployment_id = {},
                                                     .environment = Environment::production,
                                                     .url = std::move(url),
                                                     .headers = std::move(headers),
                                                     .secret = std::move(with_secret)});
    return claimed;
  }

  AttemptOutcome send(const ClaimedDelivery& claimed) {
    if (!sender) sender = std::make_unique<HttpSender>(loop.executor(), clock, allowing_loopback());
    return loop.run(sender->send(claimed));
  }

  RunLoop loop;
  FakeClock clock;
  DnsServer dns{loop.executor()};
  std::vector<std::unique_ptr<TcpPeer>> peers;
  std::unique_ptr<HttpSender> sender;
};

struct Script {
  std::string answer;
  std::vector<std::string>* requests = nullptr;
  FakeClock* clock = nullptr;  // moved by a second before it answers
};

Task<void> answer_each(PeerConnection& connection, Script script) {
  for (std::string request = co_await connection.read_request(); !request.empty();
       request = co_await connection.read_request()) {
    if (script.requests != nullptr) script.requests->push_back(std::move(request));
    if (script.clock != nullptr) script.clock->advance(std::chrono::milliseconds(1234));
    co_await connection.write(script.answer);
  }
}

TcpPeer::Script answering(std::string answer, std::vector<std::string>* requests = nullptr,
                          FakeClock* clock = nullptr) {
  return [script = Script{std::move(answer), requests, clock}](PeerConnection& connection) {
    return answer_each(connection, script);
  };
}

std::string answer_of(int status, const std::string& headers = "", const std::string& body = "") {
  return "HTTP/1.1 " + std::to_string(status) + " x\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

TEST_F(HttpSenderTest, SendsTheDocumentedRequestByteForByte) {
  std::vector<std::string> requests;
  TcpPeer& peer = serve(answering(answer_of(200), &requests));
  const auto claimed = delivery_to(peer.url("/in?x=1"), {{"Authorization", "Bearer t"}, {"X-Own", "1"}});
  const AttemptOutcome outcome = send(claimed);
  EXPECT_EQ(outcome.response_status, 200);

  const std::string head = "POST /in?x=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(peer.port()) +
                           "\r\nContent-Length: 22\r\nContent-Type: application/json\r\nUser-Agent: crewshipd/" +
                           std::string(version) + "\r\n";
  std::string signature;
  for (const auto& [name, value] :
       signature_headers(secret, claimed.delivery.id.text(), "run.failed", 1736937000, claimed.delivery.body)) {
    signature += name + ": " + value + "\r\n";
  }
  signature += "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-000000000000000a-01\r\n";
  EXPECT_THAT(requests, testing::ElementsAre(head + signature + "Authorization: Bearer t\r\nX-Own: 1\r\n\r\n" +
                                             claimed.delivery.body));
  // What is kept of it shows everything but the values of the webhook's own headers.
  std::string kept;
  for (const auto& [name, value] : outcome.request_headers) kept += name + ": " + value + "\r\n";
  EXPECT_EQ(kept, "Content-Type: application/json\r\nUser-Agent: crewshipd/" + std::string(version) + "\r\n" +
                      signature + "Authorization: ***\r\nX-Own: ***\r\n");
}

TEST_F(HttpSenderTest, AWebhooksOwnTraceparentFromAnEarlierVersionIsNotSent) {
  std::vector<std::string> requests;
  TcpPeer& peer = serve(answering(answer_of(200), &requests));
  send(delivery_to(peer.url(), {{"TraceParent", "00-own"}, {"X-Own", "1"}}));
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_THAT(requests[0], HasSubstr("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-000000000000000a-01\r\n"));
  EXPECT_THAT(requests[0], testing::Not(HasSubstr("00-own")));
  EXPECT_THAT(requests[0], HasSubstr("X-Own: 1\r\n"));
}

TEST_F(HttpSenderTest, SignsEachAttemptAnew) {
  std::vector<std::string> requests;
  TcpPeer& peer = serve(answering(answer_of(500), &requests));
  const auto claimed = delivery_to(peer.url());
  send(claimed);
  clock.advance(std::chrono::seconds(5));
  send(claimed);
  const std::string new_secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
  send(delivery_to(peer.url(), {}, new_secret));
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_THAT(requests[0], HasSubstr("X-Crewship-Timestamp: 1736937000\r\n"));
  EXPECT_THAT(requests[1], HasSubstr("X-Crewship-Timestamp: 1736937005\r\n"));
  for (std::size_t i = 0; i < 3; ++i) {
    const auto expected = signature_headers(i == 2 ? new_secret : secret, claimed.delivery.id.text(), "run.failed",
                                            i == 0 ? 1736937000 : 1736937005, claimed.delivery.body);
    EXPECT_THAT(requests[i], HasSubstr(expected[3].second));
    EXPECT_THAT(requests[i], HasSubstr(expected[6].second));
  }
}

TEST_F(HttpSenderTest, RecordsTheAnswer) {
  TcpPeer& peer = serve(answering(answer_of(503, "Retry-After: 120\r\n", "busy"), nullptr, &clock));
  const AttemptOutcome outcome = send(delivery_to(peer.url()));
  EXPECT_EQ(outcome.response_status, 503);
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.response_body, "busy");
  EXPECT_EQ(outcome.retry_after, std::chrono::seconds(120));
  EXPECT_EQ(outcome.duration, std::chrono::milliseconds(1234));
}

TEST_F(HttpSenderTest, ReadsRetryAfterAsADate) {
  TcpPeer& peer = serve(answering(answer_of(429, "Retry-After: Wed, 15 Jan 2025 10:31:00 GMT\r\n")));
  EXPECT_EQ(send(delivery_to(peer.url())).retry_after, std::chrono::seconds(60));
  EXPECT_EQ(send(delivery_to(serve(answering(answer_of(429, "Retry-After: soon\r\n"))).url())).retry_after,
            std::nullopt);
}

TEST_F(HttpSenderTest, ReadsSixteenKibibytesOfAnAnswerAndNoMore) {
  TcpPeer& peer = serve(answering(answer_of(200, "", std::string(100'000, 'b'))));
  const AttemptOutcome outcome = send(delivery_to(peer.url()));
  EXPECT_EQ(outcome.response_status, 200);
  EXPECT_EQ(outcome.response_body.size(), 16384U);
}

TEST_F(HttpSenderTest, DoesNotFollowRedirects) {
  TcpPeer& elsewhere = serve(answering(answer_of(200)));
  TcpPeer& peer = serve(answering(answer_of(302, "Location: " + elsewhere.url() + "\r\n")));
  EXPECT_EQ(send(delivery_to(peer.url())).response_status, 302);
  EXPECT_EQ(elsewhere.seen().connections, 0U);
}

TEST_F(HttpSenderTest, RecordsInWordsWhatWentWrong) {
  const std::uint16_t port = TcpPeer(loop.executor(), answering("")).port();
  loop.poll();
  AttemptOutcome outcome = send(delivery_to("http://127.0.0.1:" + std::to_string(port) + "/"));
  EXPECT_EQ(outcome.response_status, std::nullopt);
  EXPECT_EQ(outcome.error, "connection refused by 127.0.0.1:" + std::to_string(port));

  outcome = send(delivery_to("ftp://example.com/"));
  EXPECT_EQ(outcome.response_status, std::nullopt);
  EXPECT_EQ(outcome.error, "The URL must begin with http:// or https://.");

  EXPECT_EQ(send(delivery_to("http://127.0.0.1/", {}, "not a secret")).error,
            "the signing secret of the webhook is damaged; regenerate it");
}

Task<void> keep_silent(PeerConnection& connection) { co_await connection.until_closed(); }

TEST_F(HttpSenderTest, GivesUpAfterTheTimeout) {
  TcpPeer& peer = serve(keep_silent);
  HttpSenderOptions options = allowing_loopback();
  options.timeout = std::chrono::seconds(7);
  sender = std::make_unique<HttpSender>(loop.executor(), clock, options);
  std::optional<AttemptOutcome> outcome;
  const ClaimedDelivery claimed = delivery_to(peer.url());
  asio::co_spawn(loop.executor(), sender->send(claimed),
                 [&outcome](std::exception_ptr, AttemptOutcome result) { outcome = std::move(result); });
  loop.until([&] { return peer.seen().open == 1; });
  loop.poll();
  clock.advance(std::chrono::seconds(7));
  loop.until([&] { return outcome.has_value(); });
  EXPECT_THAT(outcome->error, HasSubstr("no answer within 7 s"));
  EXPECT_EQ(outcome->duration, std::chrono::seconds(7));
}

TEST_F(HttpSenderTest, TheGuardStandsBeforeAddressesAndNames) {
  TempDir directory;
  std::ofstream(directory / "resolv.conf") << "nameserver 127.0.0.1\n";
  dns.set("inside.test", {{"127.0.0.1", "10.0.0.1"}});
  HttpSenderOptions options;
  options.client.dns.resolv_conf = directory / "resolv.conf";
  options.client.dns.port = dns.port();
  sender = std::make_unique<HttpSender>(loop.executor(), clock, options);
  TcpPeer& trap = serve(answering(answer_of(200)));

  EXPECT_EQ(send(delivery_to(trap.url())).error,
            "refused to connect to 127.0.0.1: a loopback address; see delivery.allow");
  EXPECT_THAT(send(delivery_to("http://[::ffff:127.0.0.1]:" + std::to_string(trap.port()) + "/")).error,
              HasSubstr("a loopback address; see delivery.allow"));
  EXPECT_THAT(send(delivery_to("http://inside.test:" + std::to_string(trap.port()) + "/")).error,
              testing::AllOf(HasSubstr("refused to connect to 127.0.0.1 (inside.test): a loopback address"),
                             HasSubstr("refused to connect to 10.0.0.1 (inside.test): a private address")));
  loop.poll();
  EXPECT_EQ(trap.seen().connections, 0U);

  // What the operator lists takes effect with the next attempt, and what is taken off the list too.
  options.allow = allowing_loopback().allow;
  sender->reconfigure(options);
  EXPECT_EQ(send(delivery_to("http://inside.test:" + std::to_string(trap.port()) + "/")).response_status, 200);
  options.allow.clear();
  sender->reconfigure(options);
  EXPECT_EQ(send(delivery_to(trap.url())).response_status, std::nullopt);
  EXPECT_EQ(trap.seen().connections, 1U);
}

TEST_F(HttpSenderTest, CancellationThrows) {
  TcpPeer& peer = serve(keep_silent);
  sender = std::make_unique<HttpSender>(loop.executor(), clock, allowing_loopback());
  const ClaimedDelivery claimed = delivery_to(peer.url());
  asio::cancellation_signal cancel;
  std::exception_ptr failure;
  asio::co_spawn(loop.executor(), sender->send(claimed),
                 asio::bind_cancellation_slot(cancel.slot(), [&failure](std::exception_ptr error, AttemptOutcome) {
                   failure = std::move(error);
                 }));
  loop.until([&] { return peer.seen().open == 1; });
  loop.poll();
  cancel.emit(asio::cancellation_type::terminal);
  loop.until([&] { return failure != nullptr; });
  EXPECT_THROW(std::rethrow_exception(failure), boost::system::system_error);
  loop.until([&] { return peer.seen().open == 0; });
}

}  // namespace
}  // namespace crewship
