#include <chrono>
#include <string>
#include <unordered_map>
#include <utility>

#include <crewship/base/time_format.hpp>
#include <crewship/base/version.hpp>
#include <crewship/delivery/sender.hpp>
#include <crewship/delivery/signing.hpp>
#include <crewship/domain/model.hpp>
#include <crewship/domain/rules.hpp>
#include <crewship/domain/trace_context.hpp>
#include <crewship/http/message.hpp>
#include <crewship/http/url.hpp>

#include "egress.hpp"

namespace crewship {
namespace {

// Enough for every webhook that is busy at one time; a key schedule made anew costs a microsecond.
constexpr std::size_t max_signers = 1024;

constexpr std::string_view traceparent_header = "traceparent";

bool is_ours(std::string_view name) {
  return name.size() == traceparent_header.size() && check_header_name(name).has_value();
}

}  // namespace

struct HttpSender::Impl {
  Impl(Executor executor, Clock& c, HttpSenderOptions o)
      : clock(c),
        options(std::make_shared<HttpSenderOptions>(std::move(o))),
        client(std::move(executor), clock, options->client, guard(options)) {}

  // The client may outlive the sender while a post is under way, so the guard holds what it reads.
  static HttpClient::DialPolicy guard(std::shared_ptr<const HttpSenderOptions> options) {
    return [options = std::move(options)](const asio::ip::address& address) {
      auto kind = refused_kind(address, options->allow);
      if (kind) *kind += "; see delivery.allow";
      return kind;
    };
  }

  Signer* signer_for(const std::string& secret);
  std::optional<ClientRequest> make_request(const ClaimedDelivery& claimed, AttemptOutcome& outcome);

  Clock& clock;
  std::shared_ptr<HttpSenderOptions> options;
  HttpClient client;
  std::unordered_map<std::string, Signer> signers;  // by secret
};

Signer* HttpSender::Impl::signer_for(const std::string& secret) {
  if (const auto found = signers.find(secret); found != signers.end()) return &found->second;
  auto made = Signer::from_secret(secret);
  if (!made) return nullptr;
  if (signers.size() >= max_signers) signers.clear();
  return &signers.emplace(secret, std::move(*made)).first->second;
}

// Nothing when it cannot be sent at all; the outcome then says why.
std::optional<ClientRequest> HttpSender::Impl::make_request(const ClaimedDelivery& claimed, AttemptOutcome& outcome) {
  auto url = TargetUrl::parse(claimed.target->url);
  if (!url) {
    outcome.error = std::move(url.error().message);
    return std::nullopt;
  }
  Signer* const signer = signer_for(claimed.target->secret);
  if (signer == nullptr) {
    outcome.error = "the signing secret of the webhook is damaged; regenerate it";
    return std::nullopt;
  }
  const Delivery& delivery = claimed.delivery;
  auto signature =
      signer->headers(delivery.id.text(), to_string(delivery.event), unix_seconds(clock.now()), delivery.body);

  ClientRequest request;
  request.url = std::move(*url);
  request.timeout = options->timeout;
  request.body = delivery.body;
  request.headers.reserve(3 + signature.size() + claimed.target->headers.size());
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("User-Agent", "crewshipd/" + std::string(version));
  for (auto& header : signature) request.headers.push_back(std::move(header));
  request.headers.emplace_back(traceparent_header, traceparent_of(delivery, claimed.attempt.id));
  outcome.request_headers = request.headers;
  for (const auto& header : claimed.target->headers) {
    // Earlier versions let a webhook have its own; a name is stored as its owner wrote it.
    if (is_ours(header.first)) continue;
    request.headers.push_back(header);
    outcome.request_headers.emplace_back(header.first, masked_header_value);
  }
  return request;
}

HttpSender::HttpSender(Executor executor, Clock& clock, HttpSenderOptions options)
    : impl_(std::make_unique<Impl>(std::move(executor), clock, std::move(options))) {}

HttpSender::~HttpSender() = default;

Task<AttemptOutcome> HttpSender::send(const ClaimedDelivery& delivery) {
  AttemptOutcome outcome;
  const SteadyTime start = impl_->clock.steady_now();
  if (auto request = impl_->make_request(delivery, outcome)) {
    auto answer = co_await impl_->client.send(std::move(*request));
    if (answer) {
      outcome.response_status = answer->status;
      outcome.response_body = std::move(answer->body);
      if (const auto retry_after = find_header(answer->headers, "Retry-After")) {
        outcome.retry_after = parse_retry_after(*retry_after, impl_->clock.now());
      }
    } else {
      outcome.error = std::move(answer.error().message);
    }
  }
  outcome.duration = std::chrono::duration_cast<std::chrono::milliseconds>(impl_->clock.steady_now() - start);
  co_return outcome;
}

void HttpSender::reconfigure(HttpSenderOptions options) { *impl_->options = std::move(options); }

void HttpSender::close() { impl_->client.close(); }

}  // namespace crewship
