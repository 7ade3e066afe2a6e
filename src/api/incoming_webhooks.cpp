#include <algorithm>

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

std::string url_of(const ApiContext& api, const std::string& token) {
  return api.options.public_url + "/webhooks/runs/" + token;
}

IncomingWebhookWithUrl with_url(const ApiContext& api, IncomingWebhook webhook, const std::string& token,
                                TokenShown shown) {
  return {.webhook = std::move(webhook),
          .url = url_of(api, token),
          .token = shown == TokenShown::yes ? token : std::string()};
}

Result<IncomingWebhookWithUrl> find_with_url(const ApiContext& api, Tx& tx, const IncomingWebhookId& id) {
  const auto webhook = find_incoming_webhook(tx, id);
  if (!webhook) return std::unexpected(not_found(what));
  return with_url(api, *webhook, incoming_webhook_token(tx, id), TokenShown::no);
}

constexpr std::size_t shown_token_digits = 4;

Result<Page<IncomingWebhookRow>> list_rows(const ApiContext& api, Tx& tx, const DeploymentId& deployment,
                                           const PageRequest& request) {
  if (!find_deployment(tx, deployment)) return std::unexpected(not_found("deployment"));
  Page<IncomingWebhook> webhooks = list_incoming_webhooks(tx, deployment, request);
  Page<IncomingWebhookRow> page{.rows = {}, .next = std::move(webhooks.next)};
  for (IncomingWebhook& webhook : webhooks.rows) {
    // Enough to tell two URLs apart.
    const std::string token = incoming_webhook_token(tx, webhook.id);
    std::string masked = "****" + token.substr(token.size() - std::min(token.size(), shown_token_digits));
    auto recent = recent_runs(tx, webhook.id, recent_marks);
    page.rows.push_back({std::move(webhook), url_of(api, masked), std::move(recent)});
  }
  return page;
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
  co_return answer_list("incoming_webhooks", co_await api.store.read([&](Tx& tx) {
    return list_rows(api, tx, *deployment, query->page());
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
    api.options.incoming_webhooks_changed();
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
  if (removed) {
    api.options.incoming_webhooks_changed();
    log_info("incoming webhook deleted", {{"incoming_webhook_id", *id}});
  }
  co_return answer_empty(removed);
}

Task<Response> regenerate_token(ApiContext& api, Request& request) {
  const auto id = path_id<IncomingWebhookId>(request, what);
  if (!id) co_return error_response(id.error());
  if (auto problem = RequestBody(request).problem()) co_return error_response(*problem);
  const std::string token = make_webhook_token(api.random);
  const auto changed = co_await api.store.write([&](Tx& tx) -> Result<IncomingWebhookWithUrl> {
    const auto webhook = find_incoming_webhook(tx, *id);
    if (!webhook) return std::unexpected(not_found(what));
    replace_incoming_webhook_token(tx, *id, token);
    return with_url(api, *webhook, token, TokenShown::yes);
  });
  if (changed) {
    api.options.incoming_webhooks_changed();
    log_info("incoming webhook token regenerated", {{"incoming_webhook_id", *id}});
  }
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
