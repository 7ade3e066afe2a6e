#include <crewship/base/log.hpp>
#include <crewship/store/deployments.hpp>
#include <crewship/store/webhooks.hpp>

#include "answers.hpp"
#include "context.hpp"
#include "enum_fields.hpp"
#include "query.hpp"
#include "request_body.hpp"

namespace crewship {
namespace {

constexpr std::string_view what = "incoming webhook";

enum class TokenShown { yes, no };

IncomingWebhookWithUrl with_url(const ApiContext& api, IncomingWebhook webhook, const std::string& token,
                                TokenShown shown) {
  return {.webhook = std::move(webhook),
          .url = api.options.public_url + "/webhooks/runs/" + token,
          .token = shown == TokenShown::yes ? token : std::string()};
}

Result<IncomingWebhookWithUrl> find_with_url(const ApiContext& api, Tx& tx, const IncomingWebhookId& id) {
  auto webhook = find_incoming_webhook(tx, id);
  if (!webhook) return std::unexpected(not_found(what));
  return with_url(api, *std::move(webhook), incoming_webhook_token(tx, id), TokenShown::no);
}

Task<Response> create(ApiContext& api, Request& request) {
  const auto deployment = path_id<DeploymentId>(request, "deployment");
  if (!deployment) co_return error_response(deployment.error());
  RequestBody body(request);
  const IncomingWebhook webhook{.id = api.ids.make<IncomingWebhookId>(),
                                .deployment_id = *deployment,
                                .name = body.text("name", check_name),
                                .environment = optional_environment(body).value_or(Environment::production),
                                .created_at = api.clock.now()};
  if (auto problem = body.problem()) co_return error_response(*problem);
  const std::string token = make_webhook_token(api.random);
  const auto created = co_await api.store.write([&](Tx& tx) -> Result<IncomingWebhookWithUrl> {
    if (!find_deployment(tx, *deployment)) return std::unexpected(not_found("deployment"));
    insert_incoming_webhook(tx, webhook, token);
    return with_url(api, webhook, token, TokenShown::yes);
  });
  if (created)
    log_info("incoming webhook created", {{"incoming_webhook_id", webhook.id}, {"deployment_id", *deployment}});
  co_return answer(201, created);
}

Task<Response> list(ApiContext& api, Request& request) {
  const auto deployment = path_id<DeploymentId>(request, "deployment");
  if (!deployment) co_return error_response(deployment.error());
  const auto query = ListQuery::parse(request, is_id_cursor<IncomingWebhookId>);
  if (!query) co_return error_response(query.error());
  co_return answer_list("incoming_webhooks", co_await api.store.read([&](Tx& tx) -> Result<Page<IncomingWebhook>> {
    if (!find_deployment(tx, *deployment)) return std::unexpected(not_found("deployment"));
    return list_incoming_webhooks(tx, *deployment, query->page());
  }));
}

Task<Response> get(ApiContext& api, Request& request) {
  const auto id = path_id<IncomingWebhookId>(request, what);
  if (!id) co_return error_response(id.error());
  co_return answer(200, co_await api.store.read([&](Tx& tx) { return find_with_url(api, tx, *id); }));
}

Task<Response> patch(ApiContext& api, Request& request) {
  const auto id = path_id<IncomingWebhookId>(request, what);
  if (!id) co_return error_response(id.error());
  RequestBody body(request);
  const IncomingWebhookPatch changes{.name = body.optional_text("name", check_name),
                                     .enabled = body.optional_flag("enabled")};
  if (auto problem = body.problem()) co_return error_response(*problem);
  const auto changed = co_await api.store.write([&](Tx& tx) -> Result<IncomingWebhookWithUrl> {
    update_incoming_webhook(tx, *id, changes);
    return find_with_url(api, tx, *id);
  });
  if (changed) {
    log_info("incoming webhook updated",
             {{"incoming_webhook_id", *id}, {"enabled", changed->webhook.enabled ? "true" : "false"}});
  }
  co_return answer(200, changed);
}

Task<Response> remove(ApiContext& api, Request& request) {
  const auto id = path_id<IncomingWebhookId>(request, what);
  if (!id) co_return error_response(id.error());
  const auto removed = co_await api.store.write([&](Tx& tx) -> Result<> {
    if (!delete_incoming_webhook(tx, *id, api.clock.now())) return std::unexpected(not_found(what));
    return {};
  });
  if (removed) log_info("incoming webhook deleted", {{"incoming_webhook_id", *id}});
  co_return answer_empty(removed);
}

Task<Response> regenerate_token(ApiContext& api, Request& request) {
  const auto id = path_id<IncomingWebhookId>(request, what);
  if (!id) co_return error_response(id.error());
  if (auto problem = RequestBody(request).problem()) co_return error_response(*problem);
  const std::string token = make_webhook_token(api.random);
  const auto changed = co_await api.store.write([&](Tx& tx) -> Result<IncomingWebhookWithUrl> {
    auto webhook = find_incoming_webhook(tx, *id);
    if (!webhook) return std::unexpected(not_found(what));
    replace_incoming_webhook_token(tx, *id, token);
    return with_url(api, *std::move(webhook), token, TokenShown::yes);
  });
  if (changed) log_info("incoming webhook token regenerated", {{"incoming_webhook_id", *id}});
  co_return answer(200, changed);
}

}  // namespace

void add_incoming_webhook_routes(ApiRoutes& routes) {
  routes.add("POST", "/v1/deployments/{id}/incoming-webhooks", create);
  routes.add("GET", "/v1/deployments/{id}/incoming-webhooks", list);
  routes.add("GET", "/v1/incoming-webhooks/{id}", get);
  routes.add("PATCH", "/v1/incoming-webhooks/{id}", patch);
  routes.add("DELETE", "/v1/incoming-webhooks/{id}", remove);
  routes.add("POST", "/v1/incoming-webhooks/{id}/regenerate-token", regenerate_token);
}

}  // namespace crewship
