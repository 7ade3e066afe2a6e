#include <crewship/base/log.hpp>
#include <crewship/store/deployments.hpp>

#include "answers.hpp"
#include "context.hpp"
#include "enum_fields.hpp"
#include "query.hpp"
#include "request_body.hpp"
#include "runner_body.hpp"

namespace crewship {
namespace {

Task<Response> create(ApiContext& api, Request& request) {
  const auto deployment = path_id<DeploymentId>(request, "deployment");
  if (!deployment) co_return error_response(deployment.error());
  RequestBody body(request);
  auto runner = read_runner(body, api.builtins);
  auto env = read_env(body);
  const auto timeout_seconds = body.optional_number("timeout_seconds", 1, max_timeout_seconds);
  auto limits = read_limits(body);
  const auto environment = optional_environment(body);
  if (runner && std::holds_alternative<BuiltinRunner>(*runner) && limits && *limits != ResourceLimits{}) {
    body.complain("limits", "are for commands: a builtin handler is part of the server");
  }
  if (auto problem = body.problem()) co_return error_response(*problem);
  if (!runner) co_return error_response(runner.error());
  if (!limits) co_return error_response(limits.error());

  Version version{.id = api.ids.make<VersionId>(),
                  .deployment_id = *deployment,
                  .runner = *std::move(runner),
                  .env = std::move(env),
                  .time_limit = std::nullopt,
                  .limits = *limits,
                  .created_at = api.clock.now()};
  if (timeout_seconds) version.time_limit = std::chrono::seconds(*timeout_seconds);
  const auto created = co_await api.store.write([&](Tx& tx) -> Result<Version> {
    if (!find_deployment(tx, *deployment)) return std::unexpected(not_found("deployment"));
    version.number = insert_version(tx, version);
    if (environment) set_environment(tx, *deployment, *environment, version.id, version.created_at);
    return version;
  });
  if (created) {
    log_info("version created", {{"deployment_id", *deployment},
                                 {"version_id", created->id},
                                 {"version_number", created->number},
                                 {"live_in", environment ? to_string(*environment) : "-"}});
  }
  co_return answer(201, created);
}

Task<Response> list(ApiContext& api, Request& request) {
  const auto deployment = path_id<DeploymentId>(request, "deployment");
  if (!deployment) co_return error_response(deployment.error());
  const auto query = ListQuery::parse(request, is_number_cursor);
  if (!query) co_return error_response(query.error());
  co_return answer_list("versions", co_await api.store.read([&](Tx& tx) -> Result<Page<Version>> {
    if (!find_deployment(tx, *deployment)) return std::unexpected(not_found("deployment"));
    return list_versions(tx, *deployment, query->page());
  }));
}

}  // namespace

void add_version_routes(ApiRoutes& routes) {
  routes.add("POST", "/v1/deployments/{id}/versions", create);
  routes.add("GET", "/v1/deployments/{id}/versions", list);
}

}  // namespace crewship
