#include <crewship/store/deployments.hpp>

#include <crewship/base/log.hpp>

#include "answers.hpp"
#include "context.hpp"
#include "query.hpp"
#include "request_body.hpp"

namespace crewship {
namespace {

constexpr std::string_view what = "deployment";

Task<Response> create(ApiContext& api, Request& request) {
  RequestBody body(request);
  Deployment deployment{
      .id = api.ids.make<DeploymentId>(), .name = body.text("name", check_name), .created_at = api.clock.now()};
  if (auto problem = body.problem()) co_return error_response(*problem);
  const auto created = co_await api.store.write([&](Tx& tx) -> Result<Deployment> {
    insert_deployment(tx, deployment);
    return deployment;
  });
  if (created) log_info("deployment created", {{"deployment_id", created->id}, {"name", created->name}});
  co_return answer(201, created);
}

Task<Response> list(ApiContext& api, Request& request) {
  const auto query = ListQuery::parse(request, is_id_cursor<DeploymentId>);
  if (!query) co_return error_response(query.error());
  co_return answer_list("deployments", co_await api.store.read([&](Tx& tx) -> Result<Page<Deployment>> {
    return list_deployments(tx, query->page());
  }));
}

Task<Response> get(ApiContext& api, Request& request) {
  const auto id = path_id<DeploymentId>(request, what);
  if (!id) co_return error_response(id.error());
  co_return answer(200, co_await api.store.read([&](Tx& tx) { return or_not_found(find_deployment(tx, *id), what); }));
}

Task<Response> patch(ApiContext& api, Request& request) {
  const auto id = path_id<DeploymentId>(request, what);
  if (!id) co_return error_response(id.error());
  RequestBody body(request);
  const auto name = body.optional_text("name", check_name);
  if (auto problem = body.problem()) co_return error_response(*problem);
  const auto changed = co_await api.store.write([&](Tx& tx) -> Result<Deployment> {
    if (name) rename_deployment(tx, *id, *name);
    return or_not_found(find_deployment(tx, *id), what);
  });
  if (changed) log_info("deployment updated", {{"deployment_id", *id}, {"name", changed->name}});
  co_return answer(200, changed);
}

Task<Response> remove(ApiContext& api, Request& request) {
  const auto id = path_id<DeploymentId>(request, what);
  if (!id) co_return error_response(id.error());
  const auto removed = co_await api.store.write([&](Tx& tx) -> Result<> {
    if (!delete_deployment(tx, *id, api.clock.now())) return std::unexpected(not_found(what));
    return {};
  });
  if (removed) {
    api.options.incoming_webhooks_changed();
    api.changes.much_changed();  // its webhooks are gone, and what waited for them has ended
    log_info("deployment deleted", {{"deployment_id", *id}});
  }
  co_return answer_empty(removed);
}

}  // namespace

void add_deployment_routes(ApiRoutes& routes) {
  routes.add("POST", "/v1/deployments", create);
  routes.add("GET", "/v1/deployments", list);
  routes.add("GET", "/v1/deployments/{id}", get);
  routes.add("PATCH", "/v1/deployments/{id}", patch);
  routes.add("DELETE", "/v1/deployments/{id}", remove);
}

}  // namespace crewship
