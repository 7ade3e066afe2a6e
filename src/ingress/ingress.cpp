#include <crewship/ingress/ingress.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include <crewship/base/crypto.hpp>
#include <crewship/base/log_limit.hpp>
#include <crewship/ingress/trigger.hpp>
#include <crewship/store/webhooks.hpp>

#include "rate_limit.hpp"

namespace crewship {
namespace {

constexpr std::string_view door = "/webhooks/runs/";
constexpr std::size_t max_known_webhooks = 4096;

// Unknown, malformed, deleted and disabled look the same to a caller, byte for byte.
Error unknown_webhook() {
  return Error{.kind = ErrorKind::not_found,
               .code = "not_found",
               .message = "No incoming webhook answers at this URL. Check that it was copied whole."};
}

}  // namespace

struct Ingress::Impl {
  Store& store;
  Clock& clock;
  RunExecutor& runs;
  RateLimit rate_limit;
  GuessLimit* guesses;
  Refusals refusals{};
  LabeledCounter refusal_counts{};
  // Enabled webhooks that were called since the last change of any webhook, by the hash of their token.
  std::unordered_map<std::string, IncomingWebhook> known{};
  std::uint64_t changes = 0;

  void note_refusal(const std::optional<IncomingWebhookId>& webhook, const Error& error) {
    refusals.note(webhook, error.code, error.message, clock.now());
    refusal_counts.add(error.code);
  }

  void log_refusal(const Request& request, const std::optional<IncomingWebhookId>& webhook, const Error& error) {
    note_refusal(webhook, error);
    crewship::log_refusal("trigger refused", error.code,
                          {{"incoming_webhook_id", webhook ? webhook->text() : "unknown"},
                           {"request_id", request.id},
                           {"run_id", error.run_id.empty() ? "-" : error.run_id},
                           {"peer", request.peer.address().to_string()},
                           {"code", error.code},
                           {"reason", error.message}});
  }

  // The answer to a token that opens nothing, whatever is wrong with it. `webhook`: the disabled one, for its owner's
  // eyes.
  Response unknown(const Request& request, const std::optional<IncomingWebhook>& webhook) {
    if (const auto refusal = guesses ? guesses->refuse(request.peer.address(), clock.steady_now()) : std::nullopt) {
      refusal_counts.add(refusal->code);
      return error_response(*refusal);
    }
    Error error = unknown_webhook();
    Response response = error_response(error);
    // Lines of the same fields, which take the same time.
    error.message = webhook ? "the webhook is disabled" : "the token is unknown";
    log_refusal(request, webhook.transform([](const IncomingWebhook& found) { return found.id; }), error);
    return response;
  }

  Response too_many_triggers(const Request& request, std::chrono::seconds wait) {
    const Error error{.kind = ErrorKind::too_many_requests,
                      .code = "too_many_triggers",
                      .message = "This webhook is called more often than limits.triggers_per_minute allows.",
                      .retry_after = wait};
    log_refusal(request, std::nullopt, error);
    return error_response(error);
  }

  Task<Response> trigger_by_pattern(Request& request) {
    const std::string token(request.path_parameter("token"));
    co_return co_await trigger(request, token);
  }
  // What the pattern does not match is looked up like any other token, so that nobody tells by the time it takes
  // whether a token is well formed.
  Task<Response> trigger_by_rest(Request& request) {
    const std::string token = request.path.substr(door.size());
    co_return co_await trigger(request, token);
  }

  Task<Response> trigger(Request& request, const std::string& token) {
    const WallTime received_at = clock.now();
    const std::string token_hash = sha256(token);
    const auto webhook = co_await look_up(token_hash);
    if (!webhook) co_return error_response(webhook.error());
    if (!*webhook || !(*webhook)->enabled) co_return unknown(request, *webhook);
    if (const auto wait = rate_limit.refused(token_hash, clock.steady_now())) {
      co_return too_many_triggers(request, *wait);
    }
    const IncomingWebhook& found = **webhook;
    rate_limit.count(token_hash, clock.steady_now());
    auto launched = co_await launch(request, found, received_at);
    if (!launched) {
      log_refusal(request, found.id, launched.error());
      // Deleted or disabled while the caller waited for a slot.
      if (launched.error().kind == ErrorKind::not_found) launched = std::unexpected(unknown_webhook());
    }
    co_return launched_response(launched);
  }

  // Without the store for one that is called again: the transaction that records a run looks whether it is still
  // enabled.
  Task<Result<std::optional<IncomingWebhook>>> look_up(const std::string& token_hash) {
    if (const auto found = known.find(token_hash); found != known.end()) co_return found->second;
    const auto changes_before = changes;
    auto webhook = co_await store.read([&token_hash](Tx& tx) -> Result<std::optional<IncomingWebhook>> {
      return find_incoming_webhook_by_token(tx, token_hash);
    });
    if (webhook && *webhook && (*webhook)->enabled && changes == changes_before) {
      if (known.size() >= max_known_webhooks) known.clear();
      known.emplace(token_hash, **webhook);
    }
    co_return webhook;
  }

  Task<Result<Launched>> launch(Request& request, const IncomingWebhook& webhook, WallTime received_at) {
    if (auto plain = check_payload_headers(request); !plain) co_return std::unexpected(plain.error());
    auto input = checked_input(request.body);
    if (!input) co_return std::unexpected(input.error());
    auto idempotency = idempotency_of(request, *input);
    if (!idempotency) co_return std::unexpected(idempotency.error());
    LaunchRequest launch{.deployment_id = webhook.deployment_id,
                         .environment = webhook.environment,
                         .incoming_webhook_id = webhook.id,
                         .input = *std::move(input),
                         .idempotency = *std::move(idempotency),
                         .received_at = received_at,
                         .request_id = request.id,
                         .received_traceparent = received_traceparent(request)};
    co_return co_await runs.launch(std::move(launch), *request.caller);
  }
};

Ingress::Ingress(Store& store, Clock& clock, RunExecutor& runs, IngressOptions options)
    : impl_(std::make_unique<Impl>(Impl{store, clock, runs, RateLimit(options.triggers_per_minute), options.guesses})) {
}

Ingress::~Ingress() = default;

void Ingress::webhooks_changed() {
  ++impl_->changes;
  impl_->known.clear();
}

std::vector<Refusal> Ingress::recent_refusals() const { return impl_->refusals.recent(impl_->clock.now()); }
const LabeledCounter& Ingress::refusals() const { return impl_->refusal_counts; }

void Ingress::add_routes(Router& router) {
  Impl* impl = impl_.get();
  router.add("POST", std::string(door) + "{token}",
             [impl](Request& request) { return impl->trigger_by_pattern(request); });
  router.add_prefix("POST", door, [impl](Request& request) { return impl->trigger_by_rest(request); });
}

}  // namespace crewship
