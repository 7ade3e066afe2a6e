// What every route of the API works with, and how routes are added: each behind the API key or a session.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include <crewship/api/api.hpp>

#include "open_streams.hpp"

namespace crewship {

struct ApiContext {
  Store& store;
  Clock& clock;
  Random& random;
  IdGenerator& ids;
  RunExecutor& runs;
  RunFeeds& feeds;
  ChangeFeed& changes;
  DeliveryWakeUp& deliveries;
  const BuiltinRegistry& builtins;
  ApiOptions options;
  WallTime started_at;
  std::unordered_map<ApiKeyId, SteadyTime> touched_at{};  // so that reading does not become writing
  OpenStreams streams{};
};

// Of how many runs or deliveries a list of webhooks shows the status.
inline constexpr std::size_t recent_marks = 20;

using ApiHandler = Task<Response> (*)(ApiContext&, Request&);

// Adds routes that answer 401 without a valid key or session.
class ApiRoutes {
 public:
  ApiRoutes(ApiContext& api, Router& router) : api_(api), router_(router) {}
  // One that anybody may call.
  void add_open(std::string_view method, std::string_view pattern, ApiHandler handler);
  void add(std::string_view method, std::string_view pattern, ApiHandler handler);
  void add_prefix(std::string_view method, std::string_view prefix, ApiHandler handler);

 private:
  ApiContext& api_;
  Router& router_;
};

void add_deployment_routes(ApiRoutes& routes);
void add_version_routes(ApiRoutes& routes);
void add_environment_routes(ApiRoutes& routes);
void add_run_routes(ApiRoutes& routes);
void add_run_stream_routes(ApiRoutes& routes);
void add_change_stream_route(ApiRoutes& routes);
void add_incoming_webhook_routes(ApiRoutes& routes);
void add_outgoing_webhook_routes(ApiRoutes& routes);
void add_delivery_routes(ApiRoutes& routes);
void add_api_key_routes(ApiRoutes& routes);
void add_overview_routes(ApiRoutes& routes);
void add_server_routes(ApiRoutes& routes);
void add_session_routes(ApiRoutes& routes);

}  // namespace crewship
