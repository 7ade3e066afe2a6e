#include <crewship/store/deliveries.hpp>

#include <array>

#include <crewship/base/log.hpp>
#include <crewship/store/webhooks.hpp>

#include "answers.hpp"
#include "context.hpp"
#include "delivery_reading.hpp"
#include "query.hpp"
#include "request_body.hpp"

namespace crewship {
namespace {

constexpr std::string_view what = "delivery";

Result<WholeDelivery> find_whole(Tx& tx, const DeliveryId& id) {
  auto delivery = find_delivery(tx, id);
  if (!delivery) return std::unexpected(not_found(what));
  return WholeDelivery{with_attempts(tx, *std::move(delivery))};
}

Result<Page<DeliveryWithAttempts>> page_with_attempts(Tx& tx, const DeliveryFilter& filter,
                                                      const PageRequest& request) {
  Page<Delivery> deliveries = list_deliveries(tx, filter, request);
  Page<DeliveryWithAttempts> page{.rows = {}, .next = std::move(deliveries.next)};
  for (Delivery& delivery : deliveries.rows) page.rows.push_back(with_attempts(tx, std::move(delivery)));
  return page;
}

// A deleted webhook's deliveries stay readable one by one and in this list.
Task<Response> list_of_webhook(ApiContext& api, Request& request) {
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

// Reads one filter into its place; false when its value is none that exists, said in `problem`.
template <class T, class Parse>
bool read_filter(const ListQuery& query, std::string_view name, Parse parse, std::optional<T>& place,
                 std::optional<Error>& problem) {
  auto value = query.filter(name, parse);
  if (!value) {
    problem = value.error();
    return false;
  }
  place = *std::move(value);
  return true;
}

Result<DeliveryFilter> filter_of(const ListQuery& query) {
  DeliveryFilter filter;
  std::optional<Error> problem;
  const bool good =
      read_filter(query, "status", parse_delivery_status, filter.status, problem) &&
      read_filter(query, "event", parse_event_type, filter.event, problem) &&
      read_filter(query, "environment", parse_environment, filter.environment, problem) &&
      read_filter(query, "deployment_id", DeploymentId::parse, filter.deployment_id, problem) &&
      read_filter(query, "outgoing_webhook_id", OutgoingWebhookId::parse, filter.outgoing_webhook_id, problem) &&
      read_filter(query, "run_id", RunId::parse, filter.run_id, problem);
  if (!good) return std::unexpected(*std::move(problem));
  return filter;
}

Task<Response> list(ApiContext& api, Request& request) {
  const auto query =
      ListQuery::parse(request, is_id_cursor<DeliveryId>,
                       {"status", "event", "environment", "deployment_id", "outgoing_webhook_id", "run_id"});
  if (!query) co_return error_response(query.error());
  const auto filter = filter_of(*query);
  if (!filter) co_return error_response(filter.error());
  co_return answer_list(
      "deliveries", co_await api.store.read([&](Tx& tx) { return page_with_attempts(tx, *filter, query->page()); }));
}

Task<Response> get(ApiContext& api, Request& request) {
  const auto id = path_id<DeliveryId>(request, what);
  if (!id) co_return error_response(id.error());
  co_return answer(200, co_await api.store.read([&](Tx& tx) { return find_whole(tx, *id); }));
}

Task<Response> redeliver_one(ApiContext& api, Request& request) {
  const auto id = path_id<DeliveryId>(request, what);
  if (!id) co_return error_response(id.error());
  if (auto problem = RequestBody(request).problem()) co_return error_response(*problem);
  const auto asked = co_await api.store.write([&](Tx& tx) -> Result<WholeDelivery> {
    switch (redeliver(tx, *id, api.clock.now())) {
      case RedeliverResult::not_found:
        return std::unexpected(not_found(what));
      case RedeliverResult::webhook_not_enabled:
        return fail(ErrorKind::conflict, "webhook_disabled",
                    "The delivery's webhook is disabled or deleted. Enable it first.");
      case RedeliverResult::accepted:
        break;
    }
    return find_whole(tx, *id);
  });
  if (asked) {
    const DeliveryTarget& target = asked->delivery.target;
    api.changes.delivery_pending(asked->delivery.delivery, {target.deployment_id, target.environment});
    log_info("redelivery asked for",
             {{"delivery_id", *id},
              {"outgoing_webhook_id", asked->delivery.delivery.outgoing_webhook_id},
              {"run_id", asked->delivery.delivery.run_id ? asked->delivery.delivery.run_id->text() : "-"},
              {"request_id", request.id}});
    api.deliveries.deliveries_due(std::array{asked->delivery.delivery.outgoing_webhook_id});
  }
  co_return answer(202, asked);
}

}  // namespace

void add_delivery_routes(ApiRoutes& routes) {
  routes.add("GET", "/v1/outgoing-webhooks/{id}/deliveries", list_of_webhook);
  routes.add("GET", "/v1/deliveries", list);
  routes.add("GET", "/v1/deliveries/{id}", get);
  routes.add("POST", "/v1/deliveries/{id}/redeliver", redeliver_one);
}

}  // namespace crewship
