#include <crewship/store/deliveries.hpp>

#include <array>

#include <crewship/base/log.hpp>
#include <crewship/store/webhooks.hpp>

#include "answers.hpp"
#include "context.hpp"
#include "query.hpp"
#include "request_body.hpp"

namespace crewship {
namespace {

constexpr std::string_view what = "delivery";

Result<DeliveryWithAttempts> find_with_attempts(Tx& tx, const DeliveryId& id) {
  auto delivery = find_delivery(tx, id);
  if (!delivery) return std::unexpected(not_found(what));
  return DeliveryWithAttempts{*std::move(delivery), list_attempts(tx, id)};
}

Result<Page<DeliveryWithAttempts>> page_with_attempts(Tx& tx, const DeliveryFilter& filter,
                                                      const PageRequest& request) {
  Page<Delivery> deliveries = list_deliveries(tx, filter, request);
  Page<DeliveryWithAttempts> page{.rows = {}, .next = std::move(deliveries.next)};
  for (Delivery& delivery : deliveries.rows) {
    auto attempts = list_attempts(tx, delivery.id);
    page.rows.push_back({std::move(delivery), std::move(attempts)});
  }
  return page;
}

// A deleted webhook's deliveries stay readable one by one and in this list.
Task<Response> list(ApiContext& api, Request& request) {
  const auto webhook = path_id<OutgoingWebhookId>(request, "outgoing webhook");
  if (!webhook) co_return error_response(webhook.error());
  const auto query = ListQuery::parse(request, is_id_cursor<DeliveryId>, {"status"});
  if (!query) co_return error_response(query.error());
  const auto status = query->filter("status", parse_delivery_status);
  if (!status) co_return error_response(status.error());
  co_return answer_list("deliveries", co_await api.store.read([&](Tx& tx) -> Result<Page<DeliveryWithAttempts>> {
    auto page = page_with_attempts(tx, {.outgoing_webhook_id = *webhook, .status = *status}, query->page());
    if (page->rows.empty() && !find_outgoing_webhook(tx, *webhook))
      return std::unexpected(not_found("outgoing webhook"));
    return page;
  }));
}

Task<Response> get(ApiContext& api, Request& request) {
  const auto id = path_id<DeliveryId>(request, what);
  if (!id) co_return error_response(id.error());
  co_return answer(200, co_await api.store.read([&](Tx& tx) { return find_with_attempts(tx, *id); }));
}

Task<Response> redeliver_one(ApiContext& api, Request& request) {
  const auto id = path_id<DeliveryId>(request, what);
  if (!id) co_return error_response(id.error());
  if (auto problem = RequestBody(request).problem()) co_return error_response(*problem);
  DeliveryScope scope;
  const auto asked = co_await api.store.write([&](Tx& tx) -> Result<DeliveryWithAttempts> {
    switch (redeliver(tx, *id, api.clock.now())) {
      case RedeliverResult::not_found:
        return std::unexpected(not_found(what));
      case RedeliverResult::webhook_not_enabled:
        return fail(ErrorKind::conflict, "webhook_disabled",
                    "The delivery's webhook is disabled or deleted. Enable it first.");
      case RedeliverResult::accepted:
        break;
    }
    auto found = find_with_attempts(tx, *id);
    if (found) {
      if (const auto webhook = find_outgoing_webhook(tx, found->delivery.outgoing_webhook_id)) {
        scope = {webhook->deployment_id, webhook->environment};
      }
    }
    return found;
  });
  if (asked) {
    api.changes.delivery_pending(asked->delivery, scope);
    log_info("redelivery asked for",
             {{"delivery_id", *id}, {"outgoing_webhook_id", asked->delivery.outgoing_webhook_id}});
    api.deliveries.deliveries_due(std::array{asked->delivery.outgoing_webhook_id});
  }
  co_return answer(202, asked);
}

}  // namespace

void add_delivery_routes(ApiRoutes& routes) {
  routes.add("GET", "/v1/outgoing-webhooks/{id}/deliveries", list);
  routes.add("GET", "/v1/deliveries/{id}", get);
  routes.add("POST", "/v1/deliveries/{id}/redeliver", redeliver_one);
}

}  // namespace crewship
