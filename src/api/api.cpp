#include <crewship/api/api.hpp>

#include <utility>

#include <crewship/base/crypto.hpp>

#include "authentication.hpp"
#include "context.hpp"

namespace crewship {
namespace {

constexpr std::size_t secret_bytes = 32;

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

void ApiRoutes::add_open(std::string_view method, std::string_view pattern, ApiHandler handler) {
  router_.add(method, pattern, [&api = api_, handler](Request& request) { return handler(api, request); });
}

void ApiRoutes::add_prefix(std::string_view method, std::string_view prefix, ApiHandler handler) {
  router_.add_prefix(method, prefix,
                     [&api = api_, handler](Request& request) { return authenticate(api, handler, request); });
}

struct Api::Impl {
  ApiContext context;
};

Api::Api(Store& store, Clock& clock, Random& random, IdGenerator& ids, RunExecutor& runs, RunFeeds& feeds,
         ChangeFeed& changes, DeliveryWakeUp& deliveries, const BuiltinRegistry& builtins, ApiOptions options)
    : impl_(std::make_unique<Impl>(Impl{
          {store, clock, random, ids, runs, feeds, changes, deliveries, builtins, std::move(options), clock.now()}})) {}

Api::~Api() = default;

void Api::add_routes(Router& router) {
  ApiRoutes routes(impl_->context, router);
  add_deployment_routes(routes);
  add_version_routes(routes);
  add_environment_routes(routes);
  add_run_routes(routes);
  add_run_stream_routes(routes);
  add_change_stream_route(routes);
  add_incoming_webhook_routes(routes);
  add_outgoing_webhook_routes(routes);
  add_delivery_routes(routes);
  add_api_key_routes(routes);
  add_overview_routes(routes);
  add_server_routes(routes);
  add_session_routes(routes);
  // A stranger learns nothing about which paths exist.
  for (const std::string_view method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    routes.add_prefix(method, "/v1/", no_such_route);
  }
}

void Api::reconfigure(std::vector<Cidr> allow) { impl_->context.options.allow = std::move(allow); }

std::string make_api_key(Random& random) { return "crw_" + base64url_encode(random.bytes(secret_bytes)); }

std::string make_webhook_token(Random& random) { return base64url_encode(random.bytes(secret_bytes)); }

}  // namespace crewship
