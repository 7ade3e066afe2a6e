#include <crewship/api/api.hpp>

#include <array>
#include <optional>
#include <utility>

#include <crewship/base/crypto.hpp>
#include <crewship/base/log.hpp>
#include <crewship/store/api_keys.hpp>

#include "context.hpp"

namespace crewship {
namespace {

constexpr std::size_t secret_bytes = 32;
constexpr auto touch_interval = std::chrono::minutes(1);

// RFC 6750 §2.1; the scheme is case-insensitive (RFC 9110 §11.1).
std::optional<std::string_view> bearer_token(const Request& request) {
  constexpr std::string_view scheme = "bearer ";
  const auto header = request.header("Authorization");
  if (!header || header->size() <= scheme.size()) return std::nullopt;
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    const char c = (*header)[i];
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    if (lower != scheme[i]) return std::nullopt;
  }
  std::string_view token = header->substr(scheme.size());
  while (token.starts_with(' ')) token.remove_prefix(1);
  while (token.ends_with(' ')) token.remove_suffix(1);
  return token.empty() ? std::nullopt : std::optional(token);
}

Error unauthorized() {
  return Error{.kind = ErrorKind::unauthorized,
               .code = "unauthorized",
               .message = "Send a valid API key as: Authorization: Bearer <key>."};
}

Task<void> note_use(ApiContext& api, ApiKeyId key) {
  const SteadyTime now = api.clock.steady_now();
  const auto [place, first] = api.touched_at.try_emplace(key, now);
  if (!first && now - place->second < touch_interval) co_return;
  place->second = now;
  const auto touched = co_await api.store.write([&](Tx& tx) -> Result<> {
    touch_api_key(tx, key, api.clock.now());
    return {};
  });
  if (!touched) log_warning("use of an api key not noted", {{"api_key_id", key}, {"error", touched.error().message}});
}

Task<Response> authenticate(ApiContext& api, ApiHandler handler, Request& request) {
  const auto token = bearer_token(request);
  if (!token) co_return error_response(unauthorized());
  const std::string hash = sha256(*token);
  const auto key =
      co_await api.store.read([&](Tx& tx) -> Result<std::optional<ApiKey>> { return find_api_key_by_hash(tx, hash); });
  if (!key) co_return error_response(key.error());
  if (!*key) {
    log_info("api key refused", {{"request_id", request.id}, {"peer", request.peer.address().to_string()}});
    co_return error_response(unauthorized());
  }
  co_await note_use(api, (*key)->id);
  co_return co_await handler(api, request);
}

Task<Response> no_such_route(ApiContext&, Request&) {
  co_return error_response(Error{.kind = ErrorKind::not_found,
                                 .code = "not_found",
                                 .message = "There is nothing at this path; see /openapi.json."});
}

}  // namespace

void ApiRoutes::add(std::string_view method, std::string_view pattern, ApiHandler handler) {
  router_.add(method, pattern,
              [&api = api_, handler](Request& request) { return authenticate(api, handler, request); });
}

void ApiRoutes::add_prefix(std::string_view method, std::string_view prefix, ApiHandler handler) {
  router_.add_prefix(method, prefix,
                     [&api = api_, handler](Request& request) { return authenticate(api, handler, request); });
}

struct Api::Impl {
  ApiContext context;
};

Api::Api(Store& store, Clock& clock, Random& random, IdGenerator& ids, RunExecutor& runs, DeliveryWakeUp& deliveries,
         const BuiltinRegistry& builtins, ApiOptions options)
    : impl_(std::make_unique<Impl>(Impl{{store, clock, random, ids, runs, deliveries, builtins, std::move(options)}})) {
}

Api::~Api() = default;

void Api::add_routes(Router& router) {
  ApiRoutes routes(impl_->context, router);
  add_deployment_routes(routes);
  add_version_routes(routes);
  add_environment_routes(routes);
  add_run_routes(routes);
  add_incoming_webhook_routes(routes);
  add_outgoing_webhook_routes(routes);
  add_delivery_routes(routes);
  add_api_key_routes(routes);
  // A stranger learns nothing about which paths exist.
  for (const std::string_view method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    routes.add_prefix(method, "/v1/", no_such_route);
  }
}

void Api::reconfigure(std::vector<Cidr> allow) { impl_->context.options.allow = std::move(allow); }

std::string make_api_key(Random& random) { return "crw_" + base64url_encode(random.bytes(secret_bytes)); }

std::string make_webhook_token(Random& random) { return base64url_encode(random.bytes(secret_bytes)); }

}  // namespace crewship
