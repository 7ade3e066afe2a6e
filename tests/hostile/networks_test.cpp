// Receivers and name servers that fail in every way a network knows, all at once beside a healthy one: each attempt is
// recorded with what happened, memory stays bounded, and the healthy receiver notices nothing.
#include <fstream>
#include <map>

#include <boost/asio/steady_timer.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/certificates.hpp>

#include "strange_network.hpp"

namespace crewship::testing_support {
namespace {

using namespace std::chrono_literals;
using testing::ContainsRegex;

constexpr std::size_t mebibyte = 1048576;
const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

Task<void> answer_well(PeerConnection& peer) {
  while (!(co_await peer.read_request()).empty()) co_await peer.write(ok);
}
Task<void> reset_at_once(PeerConnection& peer) {
  peer.reset();
  co_return;
}
Task<void> reset_before_the_answer(PeerConnection& peer) {
  co_await peer.read_request();
  peer.reset();
}
Task<void> reset_inside_the_answer(PeerConnection& peer) {
  co_await peer.read_request();
  co_await peer.write("HTTP/1.1 200 OK\r\nContent-Le");
  peer.reset();
}
Task<void> close_before_the_answer(PeerConnection& peer) { co_await peer.read_request(); }
Task<void> say_nothing(PeerConnection& peer) { co_await peer.until_closed(); }
Task<void> drip(PeerConnection& peer, std::string before) {
  co_await peer.read_request();
  asio::steady_timer pause(peer.socket().get_executor());
  while (co_await peer.write(std::exchange(before, "x"))) {
    pause.expires_after(1s);
    co_await pause.async_wait(PeerConnection::as_values);
  }
}
Task<void> drip_the_head(PeerConnection& peer) { return drip(peer, "HTTP/1.1 200 OK\r\nX: "); }
Task<void> drip_the_body(PeerConnection& peer) { return drip(peer, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"); }
Task<void> pour(PeerConnection& peer, std::string before, std::string piece) {
  co_await peer.read_request();
  if (!co_await peer.write(before)) co_return;
  while (peer.sent_bytes() < 100 * mebibyte && co_await peer.write(piece)) {
  }
}
Task<void> endless_body(PeerConnection& peer) { return pour(peer, "HTTP/1.1 200 OK\r\n\r\n", std::string(65536, 'x')); }
Task<void> endless_chunks(PeerConnection& peer) {
  return pour(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
              "1000\r\n" + std::string(4096, 'x') + "\r\n");
}
Task<void> endless_headers(PeerConnection& peer) {
  std::string headers;
  for (int i = 0; i < 1000; ++i) headers += "X-Header: " + std::string(50, 'x') + "\r\n";
  return pour(peer, "HTTP/1.1 200 OK\r\n", headers);
}
Task<void> endless_header(PeerConnection& peer) {
  return pour(peer, "HTTP/1.1 200 OK\r\nX: ", std::string(65536, 'x'));
}
Task<void> endless_reason(PeerConnection& peer) { return pour(peer, "HTTP/1.1 200 ", std::string(65536, 'x')); }
Task<void> endless_interim(PeerConnection& peer) { return pour(peer, "", "HTTP/1.1 102 Processing\r\n\r\n"); }
Task<void> noise(PeerConnection& peer) { return pour(peer, "\x16\x03\x01", std::string(65536, '\x7f')); }
Task<void> redirect_to_metadata(PeerConnection& peer) {
  co_await peer.read_request();
  co_await peer.write(
      "HTTP/1.1 307 Go\r\nLocation: http://169.254.169.254/latest/meta-data/\r\nContent-Length: 0\r\n\r\n");
}
Task<void> refuse_with_escapes(PeerConnection& peer) {
  co_await peer.read_request();
  co_await peer.write("HTTP/1.1 500 Oh\r\nContent-Length: 12\r\n\r\n\x1b[31m\r\nINFO ");
}
Task<void> escape_in_the_reason(PeerConnection& peer) {
  co_await peer.read_request();
  co_await peer.write("HTTP/1.1 500 \x1b[2J\x1b]0;owned\a\r\nContent-Length: 0\r\n\r\n");
}
Task<void> answer_in_the_clear(PeerConnection& peer) {
  co_await peer.read_more();
  co_await peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
}

struct Sick {
  std::string what;
  std::string url;
  std::string error;  // a regular expression over the attempt's error, or its status
};

std::size_t peak_memory(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string word;
  while (status >> word) {
    if (word == "VmHWM:") break;
  }
  std::size_t kibibytes = 0;
  status >> kibibytes;
  return kibibytes * 1024;
}

class Networks : public StrangeNetwork {
 protected:
  void SetUp() override {
    StrangeNetwork::SetUp();
    if (IsSkipped()) return;
    authority_.write(authorities_);
    for (const char* host : {"hooks.test", "other.test", "healthy.test"}) name(host, {.addresses = {"127.0.0.1"}});
    name("fails.test", {.addresses = {}, .mood = DnsServer::Mood::fails});
    name("refuses.test", {.addresses = {}, .mood = DnsServer::Mood::refuses});
    name("silent.test", {.addresses = {}, .mood = DnsServer::Mood::silent});
    name("empty.test", {});
  }
  std::string http(TcpPeer::Script script, const std::string& host = "127.0.0.1") {
    return "http://" + host + ":" + std::to_string(serve(std::move(script)).port()) + "/";
  }
  std::string https(const CertificateRequest& request, const std::string& host = "hooks.test") {
    auto& context = contexts_.emplace_back(authority_.server_context(request));
    return "https://" + host + ":" + std::to_string(serve(answer_well, 0, &context).port()) + "/";
  }
  std::string over_tls(TcpPeer::Script script) {
    return "https://hooks.test:" + std::to_string(serve(std::move(script)).port()) + "/";
  }
  std::string nobody() {
    const std::uint16_t port = serve(answer_well).port();
    loop_.on_loop([this] { peers_.back()->close(); });
    return "http://127.0.0.1:" + std::to_string(port) + "/";
  }
  std::vector<Sick> sick() {
    return {
        {"refuses", nobody(), "connection refused by 127.0.0.1"},
        {"resets at once", http(reset_at_once), "reset by 127.0.0.1|cannot connect"},
        {"resets before the answer", http(reset_before_the_answer), "reset by 127.0.0.1.* before it answered"},
        {"resets inside the answer", http(reset_inside_the_answer), "(reset|closed) by 127.0.0.1.* inside its answer"},
        {"closes before the answer", http(close_before_the_answer), "closed by 127.0.0.1.* before it answered"},
        {"says nothing", http(say_nothing), "no answer within 4 s .still waiting for 127.0.0.1"},
        {"drips its head", http(drip_the_head), "no answer within 4 s"},
        {"drips its body", http(drip_the_body), "200"},
        {"endless body", http(endless_body), "200"},
        {"endless chunks", http(endless_chunks), "200"},
        {"endless headers", http(endless_headers), "the answer of 127.0.0.1.*"},
        {"endless header", http(endless_header), "the answer of 127.0.0.1.*"},
        {"endless reason", http(endless_reason), "the answer of 127.0.0.1.*"},
        {"endless interim answers", http(endless_interim), "interim responses"},
        {"noise", http(noise), "the answer of 127.0.0.1.*"},
        {"redirects to metadata", http(redirect_to_metadata), "307"},
        {"escapes in its answer", http(refuse_with_escapes), "500"},
        {"escapes in its status line", http(escape_in_the_reason), "the answer of 127.0.0.1.* is not valid"},
        {"expired certificate", https({.valid_from = -7200, .valid_until = -3600}), "certificate has expired"},
        {"self-signed certificate", https({.self_signed = true}), "self-signed certificate"},
        {"certificate of another host", https({}, "other.test"), "hostname mismatch"},
        {"no TLS where TLS is due", over_tls(answer_in_the_clear), "TLS handshake with 127.0.0.1.* failed"},
        {"silence in the handshake", over_tls(say_nothing), "no answer within 4 s .still in the TLS handshake"},
        {"reset in the handshake", over_tls(reset_at_once), "TLS handshake|reset|cannot connect"},
        {"a name of nobody", "http://nobody.test/", "cannot resolve nobody.test: name not found"},
        {"a name without an address", "http://empty.test/", "cannot resolve empty.test: the name has no address"},
        {"a name server that fails", "http://fails.test/", "cannot resolve fails.test: "},
        {"a name server that refuses", "http://refuses.test/", "cannot resolve refuses.test: "},
        {"a name server that is silent", "http://silent.test/",
         "no answer within 4 s .still looking up silent.test|no name server answered"},
    };
  }

  TempDir folder_;
  const std::string authorities_ = folder_ / "authorities.pem";
  CertificateAuthority authority_;
  std::list<asio::ssl::context> contexts_;
};

std::chrono::system_clock::time_point end_of(const Json& attempt) {
  std::tm time{};
  const std::string started = attempt["started_at"];
  ::strptime(started.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
  const auto milliseconds = std::chrono::milliseconds(std::stoi(started.substr(20, 3)));
  return std::chrono::system_clock::from_time_t(::timegm(&time)) + milliseconds +
         std::chrono::milliseconds(attempt["duration_ms"].get<int>());
}

TEST_F(Networks, TheSickAreRecordedAndTheHealthyNoticeNothing) {
  constexpr std::size_t runs = 6;
  start({.config = {{"delivery", {{"timeout", "4s"}, {"retry_schedule", Json::array()}}}},
         .environment = {{"SSL_CERT_FILE", authorities_}}});
  TcpPeer& metadata = serve(answer_well, 80);
  const Crew crew = daemon_->make_crew(builtin_echo());
  const auto cases = sick();
  std::vector<std::string> webhooks;
  for (const Sick& one : cases) webhooks.push_back(subscribe_to(crew, one.url));
  const std::string healthy = subscribe_to(crew, http(answer_well, "healthy.test"));
  const std::string healthy_tls = subscribe_to(crew, https({}));
  [[maybe_unused]] const std::size_t memory_before = peak_memory(daemon_->program().pid());
  for (std::size_t run = 0; run < runs; ++run) daemon_->run_once(crew);

  std::map<std::string, std::chrono::system_clock::time_point> end_of_silence;  // of each run
  for (std::size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(cases[i].what);
    for (const Json& delivery : ended_deliveries(webhooks[i], runs)) {
      ASSERT_EQ(delivery["attempts"].size(), 1u);
      const Json& attempt = delivery["attempts"][0];
      if (attempt["response_status"].is_null()) {
        EXPECT_EQ(delivery["status"], "failed");
        EXPECT_THAT(attempt.value("error", ""), ContainsRegex(cases[i].error));
        EXPECT_LT(attempt.value("error", "").size(), 1024u);
      } else {
        EXPECT_EQ(std::to_string(attempt["response_status"].get<int>()), cases[i].error);
        EXPECT_EQ(delivery["status"], cases[i].error == "200" ? "succeeded" : "failed");
        EXPECT_LE(attempt["response_body"].get<std::string>().size(), 1024u);
      }
      if (cases[i].what == "says nothing") end_of_silence[delivery["run_id"]] = end_of(attempt);
    }
  }
  for (const std::string& webhook : {healthy, healthy_tls}) {
    for (const Json& delivery : ended_deliveries(webhook, runs)) {
      EXPECT_EQ(delivery["status"], "succeeded");
      ASSERT_EQ(delivery["attempts"].size(), 1u);
      EXPECT_LT(end_of(delivery["attempts"][0]), end_of_silence.at(delivery["run_id"])) << "it waited for the sick";
    }
  }
  EXPECT_EQ(seen(metadata).connections, 0u) << "a redirect was followed";
  for (const auto& peer : peers_) EXPECT_LT(seen(*peer).sent_bytes, runs * 16 * mebibyte) << "what nobody reads";
#if !__has_feature(address_sanitizer)  // which keeps what was freed
  EXPECT_LT(peak_memory(daemon_->program().pid()) - memory_before, 48 * mebibyte);
#endif
  EXPECT_EQ(daemon_->log().text().find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace crewship::testing_support
