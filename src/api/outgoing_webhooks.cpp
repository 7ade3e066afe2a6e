#include <array>

#include <crewship/base/log.hpp>
#include <crewship/base/time_format.hpp>
#include <crewship/delivery/signing.hpp>
#include <crewship/store/deliveries.hpp>
#include <crewship/store/deployments.hpp>
#include <crewship/store/webhooks.hpp>

#include "answers.hpp"
#include "context.hpp"
#include "delivery_reading.hpp"
#include "enum_fields.hpp"
#include "outgoing_webhook_body.hpp"
#include "query.hpp"
#include "request_body.hpp"

namespace crewship {
namespace {

constexpr std::string_view what = "outgoing webhook";
// What recover takes in one transaction, so that a long list does not hold up the writer.
constexpr std::size_t recovered_a_step = 500;

Error webhook_disabled() {
  return Error{.kind = ErrorKind::conflict,
               .code = "webhook_disabled",
               .message = "The outgoing webhook is disabled. Enable it first."};
}

Task<Response> create(ApiContext& api, Request& request) {
  const auto deployment = path_id<DeploymentId>(request, "deployment");
  if (!deployment) co_return error_response(deployment.error());
  RequestBody body(request);
  OutgoingWebhook webhook{.id = api.ids.make<OutgoingWebhookId>(),
                          .deployment_id = *deployment,
                          .name = body.text("name", check_name),
                          .environment = optional_environment(body).value_or(Environment::production),
                          .url = optional_target_url(body, api.options.allow).value_or(""),
                          .events = optional_events(body).value_or(std::vector<EventType>{}),
                          .headers = optional_headers(body).value_or(TextPairs{}),
                          .created_at = api.clock.now()};
  if (!body.has("url")) body.complain("url", "is needed");
  if (!body.has("events")) body.complain("events", "is needed: run.succeeded, run.failed or both");
  if (auto problem = body.problem()) co_return error_response(*problem);
  if (auto values = unmask_headers(webhook.headers, {}); !values) co_return error_response(values.error());
  const std::string secret = make_signing_secret(api.random);
  const auto created = co_await api.store.write([&](Tx& tx) -> Result<OutgoingWebhookWithSecret> {
    if (!find_deployment(tx, *deployment)) return std::unexpected(not_found("deployment"));
    insert_outgoing_webhook(tx, webhook, secret);
    return OutgoingWebhookWithSecret{webhook, secret};
  });
  if (created)
    log_info("outgoing webhook created", {{"outgoing_webhook_id", webhook.id}, {"deployment_id", *deployment}});
  co_return answer(201, created);
}

Result<Page<OutgoingWebhookRow>> list_rows(Tx& tx, const DeploymentId& deployment, const PageRequest& request) {
  if (!find_deployment(tx, deployment)) return std::unexpected(not_found("deployment"));
  Page<OutgoingWebhook> webhooks = list_outgoing_webhooks(tx, deployment, request);
  Page<OutgoingWebhookRow> page{.rows = {}, .next = std::move(webhooks.next)};
  for (OutgoingWebhook& webhook : webhooks.rows) {
    auto recent = recent_deliveries(tx, webhook.id, recent_marks);
    page.rows.push_back({std::move(webhook), std::move(recent)});
  }
  return page;
}

Task<Response> list(ApiContext& api, Request& request) {
  const auto deployment = path_id<DeploymentId>(request, "deployment");
  if (!deployment) co_return error_response(deployment.error());
  const auto query = ListQuery::parse(request, is_id_cursor<OutgoingWebhookId>);
  if (!query) co_return error_response(query.error());
  co_return answer_list("outgoing_webhooks",
                        co_await api.store.read([&](Tx& tx) { return list_rows(tx, *deployment, query->page()); }));
}

Task<Response> get(ApiContext& api, Request& request) {
  const auto id = path_id<OutgoingWebhookId>(request, what);
  if (!id) co_return error_response(id.error());
  co_return answer(200,
                   co_await api.store.read([&](Tx& tx) { return or_not_found(find_outgoing_webhook(tx, *id), what); }));
}

Task<Response> patch(ApiContext& api, Request& request) {
  const auto id = path_id<OutgoingWebhookId>(request, what);
  if (!id) co_return error_response(id.error());
  RequestBody body(request);
  OutgoingWebhookPatch changes{.name = body.optional_text("name", check_name),
                               .url = optional_target_url(body, api.options.allow),
                               .events = optional_events(body),
                               .headers = optional_headers(body),
                               .enabled = body.optional_flag("enabled")};
  if (auto problem = body.problem()) co_return error_response(*problem);
  const auto changed = co_await api.store.write([&](Tx& tx) -> Result<OutgoingWebhook> {
    const auto stored = find_outgoing_webhook(tx, *id);
    if (!stored) return std::unexpected(not_found(what));
    if (changes.headers) {
      if (auto values = unmask_headers(*changes.headers, stored->headers); !values)
        return std::unexpected(values.error());
    }
    update_outgoing_webhook(tx, *id, changes, api.clock.now());
    return or_not_found(find_outgoing_webhook(tx, *id), what);
  });
  if (changed) {
    if (!changed->enabled) api.changes.much_changed();  // what waited for it has ended
    log_info("outgoing webhook updated",
             {{"outgoing_webhook_id", *id}, {"enabled", changed->enabled ? "true" : "false"}});
  }
  co_return answer(200, changed);
}

Task<Response> remove(ApiContext& api, Request& request) {
  const auto id = path_id<OutgoingWebhookId>(request, what);
  if (!id) co_return error_response(id.error());
  const auto removed = co_await api.store.write([&](Tx& tx) -> Result<> {
    if (!delete_outgoing_webhook(tx, *id, api.clock.now())) return std::unexpected(not_found(what));
    return {};
  });
  if (removed) {
    api.changes.much_changed();
    log_info("outgoing webhook deleted", {{"outgoing_webhook_id", *id}});
  }
  co_return answer_empty(removed);
}

Task<Response> regenerate_secret(ApiContext& api, Request& request) {
  const auto id = path_id<OutgoingWebhookId>(request, what);
  if (!id) co_return error_response(id.error());
  if (auto problem = RequestBody(request).problem()) co_return error_response(*problem);
  const std::string secret = make_signing_secret(api.random);
  const auto changed = co_await api.store.write([&](Tx& tx) -> Result<OutgoingWebhookWithSecret> {
    auto webhook = find_outgoing_webhook(tx, *id);
    if (!webhook) return std::unexpected(not_found(what));
    replace_outgoing_webhook_secret(tx, *id, secret);
    return OutgoingWebhookWithSecret{*std::move(webhook), secret};
  });
  if (changed) log_info("outgoing webhook secret regenerated", {{"outgoing_webhook_id", *id}});
  co_return answer(200, changed);
}

Task<Response> test(ApiContext& api, Request& request) {
  const auto id = path_id<OutgoingWebhookId>(request, what);
  if (!id) co_return error_response(id.error());
  if (auto problem = RequestBody(request).problem()) co_return error_response(*problem);
  const WallTime now = api.clock.now();
  const auto made = co_await api.store.write([&](Tx& tx) -> Result<WholeDelivery> {
    const auto webhook = find_outgoing_webhook(tx, *id);
    if (!webhook) return std::unexpected(not_found(what));
    if (!webhook->enabled) return std::unexpected(webhook_disabled());
    Delivery delivery{.id = api.ids.make<DeliveryId>(),
                      .outgoing_webhook_id = *id,
                      .run_id = std::nullopt,
                      .event = EventType::webhook_test,
                      .body = test_event_body(*id, webhook->deployment_id, now),
                      .error = std::nullopt,
                      .created_at = now,
                      .next_attempt_at = now,
                      .completed_at = std::nullopt};
    insert_delivery(tx, delivery);
    return WholeDelivery{with_attempts(tx, std::move(delivery))};
  });
  if (made) {
    const DeliveryTarget& target = made->delivery.target;
    api.changes.delivery_pending(made->delivery.delivery, {target.deployment_id, target.environment});
    log_info("test event asked for", {{"outgoing_webhook_id", *id}, {"delivery_id", made->delivery.delivery.id}});
    api.deliveries.deliveries_due(std::array{*id});
  }
  co_return answer(202, made);
}

Task<Result<std::size_t>> recover_all(ApiContext& api, OutgoingWebhookId id, WallTime since) {
  std::size_t recovered = 0;
  std::optional<DeliveryId> after;
  do {
    const auto step = co_await api.store.write([&](Tx& tx) -> Result<RecoverStep> {
      const auto webhook = find_outgoing_webhook(tx, id);
      if (!webhook) return std::unexpected(not_found(what));
      if (!webhook->enabled) return std::unexpected(webhook_disabled());
      return recover_failed_deliveries(tx, id, since, api.clock.now(), recovered_a_step, after);
    });
    if (!step) co_return std::unexpected(step.error());
    api.deliveries.deliveries_due(std::array{id});
    if (step->recovered > 0) api.changes.much_changed();
    recovered += step->recovered;
    after = step->next;
  } while (after);
  co_return recovered;
}

Task<Result<std::int64_t>> count_failed(ApiContext& api, OutgoingWebhookId id, WallTime since) {
  co_return co_await api.store.read([&](Tx& tx) -> Result<std::int64_t> {
    const auto webhook = find_outgoing_webhook(tx, id);
    if (!webhook) return std::unexpected(not_found(what));
    if (!webhook->enabled) return std::unexpected(webhook_disabled());
    return count_failed_deliveries(tx, id, since);
  });
}

Task<Response> recover(ApiContext& api, Request& request) {
  const auto id = path_id<OutgoingWebhookId>(request, what);
  if (!id) co_return error_response(id.error());
  RequestBody body(request);
  const auto since = parse_timestamp(body.text("since"));
  if (!since) body.complain("since", "must be a time such as 2025-01-15T10:30:00.000Z");
  const bool dry_run = body.optional_flag("dry_run").value_or(false);
  if (auto problem = body.problem()) co_return error_response(*problem);
  JsonWriter json;
  if (dry_run) {
    const auto failed = co_await count_failed(api, *id, *since);
    if (!failed) co_return error_response(failed.error());
    json.begin_object().field("redelivered", 0).field("failed", *failed).end_object();
    co_return json_response(200, json.take());
  }
  const auto redelivered = co_await recover_all(api, *id, *since);
  if (!redelivered) co_return error_response(redelivered.error());
  log_info("failed deliveries recovered", {{"outgoing_webhook_id", *id}, {"redelivered", *redelivered}});
  json.begin_object().field("redelivered", *redelivered).end_object();
  co_return json_response(202, json.take());
}

}  // namespace

void add_outgoing_webhook_routes(ApiRoutes& routes) {
  routes.add("POST", "/v1/deployments/{id}/outgoing-webhooks", create);
  routes.add("GET", "/v1/deployments/{id}/outgoing-webhooks", list);
  routes.add("GET", "/v1/outgoing-webhooks/{id}", get);
  routes.add("PATCH", "/v1/outgoing-webhooks/{id}", patch);
  routes.add("DELETE", "/v1/outgoing-webhooks/{id}", remove);
  routes.add("POST", "/v1/outgoing-webhooks/{id}/regenerate-secret", regenerate_secret);
  routes.add("POST", "/v1/outgoing-webhooks/{id}/test", test);
  routes.add("POST", "/v1/outgoing-webhooks/{id}/recover", recover);
}

}  // namespace crewship
