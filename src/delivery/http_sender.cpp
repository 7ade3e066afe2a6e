#include <string>
#include <unordered_map>
#include <utility>

#include <crewship/base/time_format.hpp>
#include <crewship/base/version.hpp>
#include <crewship/delivery/sender.hpp>
#include <crewship/delivery/target_rules.hpp>
#include <crewship/http/client.hpp>

#include "egress.hpp"
#include "signer.hpp"

namespace crewship {
namespace {

// Prepared keys that are kept; over it all are forgotten, which costs only time.
constexpr std::size_t max_signers = 4096;

std::string user_agent() { return "crewshipd/" + std::string(version); }

}  // namespace

struct HttpSender::Impl {
  Clock& clock;
  HttpSenderOptions options;
  HttpClient client;
  std::unordered_map<std::string, Signer> signers;  // by secret

  Impl(Executor executor, Clock& c, HttpSenderOptions o)
      : clock(c),
        options(std::move(o)),
        client(std::move(executor), c, ClientOptions{},
               [this](const asio::ip::address& address) { return refusal(address, options.allow); }) {}

  Signer& signer(const std::string& secret) {
    const auto found = signers.find(secret);
    if (found != signers.end()) return found->second;
    if (signers.size() >= max_signers) signers.clear();
    return signers.try_emplace(secret, Signer(secret)).first->second;
  }

  ClientRequest request_for(const ClaimedDelivery& claimed, TargetUrl url, WallTime now) {
    ClientRequest request{
        .url = std::move(url), .headers = {}, .body = claimed.delivery.body, .timeout = options.timeout};
    request.headers = {{"Content-Type", "application/json"}, {"User-Agent", user_agent()}};
    auto signature = signer(claimed.secret)
                         .headers(claimed.delivery.id.text(), to_string(claimed.delivery.event), unix_seconds(now),
                                  claimed.delivery.body);
    request.headers.insert(request.headers.end(), std::make_move_iterator(signature.begin()),
                           std::make_move_iterator(signature.end()));
    request.headers.insert(request.headers.end(), claimed.headers.begin(), claimed.headers.end());
    return request;
  }

  Task<AttemptOutcome> send(const ClaimedDelivery& claimed) {
    const SteadyTime begun = clock.steady_now();
    AttemptOutcome outcome;
    auto url = TargetUrl::parse(claimed.url);
    if (url) {
      auto response = co_await client.post(request_for(claimed, *std::move(url), clock.now()));
      if (response) {
        outcome.response_status = response->status;
        outcome.response_body = std::move(response->body);
        if (const auto retry_after = find_header(response->headers, "Retry-After")) {
          outcome.retry_after = parse_retry_after(*retry_after, clock.now());
        }
      } else {
        outcome.error = std::move(response.error().message);
      }
    } else {
      outcome.error = url.error().message;
    }
    outcome.duration = std::chrono::duration_cast<std::chrono::milliseconds>(clock.steady_now() - begun);
    co_return outcome;
  }
};

HttpSender::HttpSender(Executor executor, Clock& clock, HttpSenderOptions options)
    : impl_(std::make_unique<Impl>(std::move(executor), clock, std::move(options))) {}

HttpSender::~HttpSender() = default;

Task<AttemptOutcome> HttpSender::send(const ClaimedDelivery& delivery) { return impl_->send(delivery); }

void HttpSender::reconfigure(HttpSenderOptions options) { impl_->options = std::move(options); }

void HttpSender::close() { impl_->client.close(); }

}  // namespace crewship
