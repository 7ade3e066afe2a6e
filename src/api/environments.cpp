#include <algorithm>

#include <crewship/base/log.hpp>
#include <crewship/store/deployments.hpp>

#include "answers.hpp"
#include "context.hpp"
#include "query.hpp"
#include "request_body.hpp"

namespace crewship {
namespace {

struct Place {
  DeploymentId deployment;
  Environment environment;
};

Result<Place> place_of(const Request& request) {
  const auto deployment = path_id<DeploymentId>(request, "deployment");
  if (!deployment) return std::unexpected(deployment.error());
  const auto environment = parse_environment(request.path_parameter("environment"));
  if (!environment) return std::unexpected(not_found("environment; there are production and staging"));
  return Place{*deployment, *environment};
}

// What the environment points at, or a pointer to nothing.
EnvironmentPointer pointer_of(Tx& tx, const Place& place) {
  const auto pointers = list_environments(tx, place.deployment);
  const auto found = std::ranges::find(pointers, place.environment, &EnvironmentPointer::environment);
  if (found != pointers.end()) return *found;
  EnvironmentPointer nowhere;
  nowhere.environment = place.environment;
  return nowhere;
}

Task<Response> put(ApiContext& api, Request& request) {
  const auto place = place_of(request);
  if (!place) co_return error_response(place.error());
  RequestBody body(request);
  const auto version_id = VersionId::parse(body.text("version_id"));
  if (auto problem = body.problem()) co_return error_response(*problem);
  const auto set = co_await api.store.write([&](Tx& tx) -> Result<EnvironmentPointer> {
    if (!find_deployment(tx, place->deployment)) return std::unexpected(not_found("deployment"));
    const auto version = version_id ? find_version(tx, *version_id) : std::nullopt;
    if (!version || version->deployment_id != place->deployment) {
      return fail(ErrorKind::invalid, "unknown_version", "version_id must be a version of this deployment.",
                  "version_id");
    }
    set_environment(tx, place->deployment, place->environment, *version_id, api.clock.now());
    return pointer_of(tx, *place);
  });
  if (set) {
    log_info("version made live", {{"deployment_id", place->deployment},
                                   {"environment", to_string(place->environment)},
                                   {"version_id", set->version_id},
                                   {"version_number", set->version_number}});
  }
  co_return answer(200, set);
}

Task<Response> list(ApiContext& api, Request& request) {
  const auto deployment = path_id<DeploymentId>(request, "deployment");
  if (!deployment) co_return error_response(deployment.error());
  // There are only two, and no page has a second one: any cursor is wrong.
  const auto query = ListQuery::parse(request, [](std::string_view) { return false; });
  if (!query) co_return error_response(query.error());
  const auto pointers = co_await api.store.read([&](Tx& tx) -> Result<std::vector<EnvironmentPointer>> {
    if (!find_deployment(tx, *deployment)) return std::unexpected(not_found("deployment"));
    return std::vector{pointer_of(tx, {*deployment, Environment::production}),
                       pointer_of(tx, {*deployment, Environment::staging})};
  });
  if (!pointers) co_return error_response(pointers.error());
  JsonWriter json;
  json.begin_object().key("environments").begin_array();
  for (const auto& pointer : *pointers) render(json, pointer);
  json.end_array().null_field("next_cursor").end_object();
  co_return json_response(200, json.take());
}

Task<Response> remove(ApiContext& api, Request& request) {
  const auto place = place_of(request);
  if (!place) co_return error_response(place.error());
  const auto cleared = co_await api.store.write([&](Tx& tx) -> Result<> {
    if (!find_deployment(tx, place->deployment)) return std::unexpected(not_found("deployment"));
    clear_environment(tx, place->deployment, place->environment);
    return {};
  });
  if (cleared) {
    log_info("environment taken down",
             {{"deployment_id", place->deployment}, {"environment", to_string(place->environment)}});
  }
  co_return answer_empty(cleared);
}

}  // namespace

void add_environment_routes(ApiRoutes& routes) {
  routes.add("GET", "/v1/deployments/{id}/environments", list);
  routes.add("PUT", "/v1/deployments/{id}/environments/{environment}", put);
  routes.add("DELETE", "/v1/deployments/{id}/environments/{environment}", remove);
}

}  // namespace crewship
