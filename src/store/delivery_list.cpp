// Pages of deliveries over the whole server, newest first. A filter by run or webhook has its own stretch of an index;
// one by deployment, environment or status is a merge over the webhooks it covers; without any it is the table itself.
// What no index knows (the event) is looked for within a bounded stretch, so a page may end early, with a cursor.
#include <algorithm>
#include <array>
#include <ranges>
#include <unordered_set>

#include <crewship/store/deliveries.hpp>

#include "delivery_rows.hpp"
#include "rows.hpp"

namespace crewship {
namespace {

constexpr std::size_t examined_a_page = 2000;
constexpr std::array all_statuses{DeliveryStatus::pending, DeliveryStatus::succeeded, DeliveryStatus::failed};

using Ids = std::vector<std::string>;

void add_all(Query rows, Ids& ids) {
  while (rows.next()) ids.push_back(rows.text(0));
}

std::vector<OutgoingWebhookId> webhooks_of(Tx& tx, const DeliveryFilter& filter) {
  if (filter.outgoing_webhook_id) return {*filter.outgoing_webhook_id};
  const auto environment = filter.environment.transform([](Environment e) { return to_string(e); });
  std::vector<OutgoingWebhookId> webhooks;
  const auto read = [&webhooks](Query rows) {
    while (rows.next()) webhooks.push_back(rows.id<OutgoingWebhookId>(0));
  };
  if (filter.deployment_id) {
    read(
        tx.select("SELECT id FROM outgoing_webhooks INDEXED BY outgoing_webhooks_of_deployment WHERE deployment_id = "
                  "?1 AND (?2 IS NULL OR environment = ?2)",
                  *filter.deployment_id, environment));
  } else {
    read(
        tx.select("SELECT id FROM outgoing_webhooks INDEXED BY outgoing_webhooks_of_deployment WHERE ?1 IS NULL OR "
                  "environment = ?1",
                  environment));
  }
  return webhooks;
}

// Each status of a webhook has its own stretch of the index.
void add_of_webhook(Tx& tx, const OutgoingWebhookId& webhook, const DeliveryFilter& filter, const std::string& before,
                    std::size_t limit, Ids& ids) {
  for (const DeliveryStatus status : all_statuses) {
    if (filter.status.value_or(status) != status) continue;
    add_all(tx.select("SELECT id FROM deliveries INDEXED BY deliveries_of_webhook WHERE outgoing_webhook_id = ? AND "
                      "status = ? AND id < ? ORDER BY id DESC LIMIT ?",
                      webhook, to_string(status), before, limit),
            ids);
  }
}

// The newest that may match, `limit` at most.
Ids candidates(Tx& tx, const DeliveryFilter& filter, const std::vector<OutgoingWebhookId>& webhooks,
               const std::string& before, std::size_t limit) {
  Ids ids;
  if (filter.run_id) {
    add_all(tx.select("SELECT id FROM deliveries INDEXED BY deliveries_of_run WHERE run_id = ? AND id < ? ORDER BY id "
                      "DESC LIMIT ?",
                      *filter.run_id, before, limit),
            ids);
    return ids;
  }
  if (!filter.outgoing_webhook_id && !filter.deployment_id && !filter.environment && !filter.status) {
    add_all(tx.select("SELECT id FROM deliveries WHERE id < ? ORDER BY id DESC LIMIT ?", before, limit), ids);
    return ids;
  }
  for (const OutgoingWebhookId& webhook : webhooks) add_of_webhook(tx, webhook, filter, before, limit, ids);
  return newest(std::move(ids), limit);
}

class Matcher {
 public:
  Matcher(const DeliveryFilter& filter, const std::vector<OutgoingWebhookId>& webhooks)
      : filter_(filter), by_webhook_(filter.outgoing_webhook_id || filter.deployment_id || filter.environment) {
    if (by_webhook_) webhooks_.insert(webhooks.begin(), webhooks.end());
  }
  bool matches(const Delivery& delivery) const {
    return filter_.status.value_or(delivery.status) == delivery.status &&
           filter_.event.value_or(delivery.event) == delivery.event &&
           (!by_webhook_ || webhooks_.contains(delivery.outgoing_webhook_id));
  }

 private:
  const DeliveryFilter& filter_;
  bool by_webhook_;
  std::unordered_set<OutgoingWebhookId> webhooks_;
};

bool agrees(Tx& tx, const DeliveryFilter& filter) {
  if (!filter.outgoing_webhook_id || (!filter.deployment_id && !filter.environment)) return true;
  const auto webhook = find_delivery_target(tx, *filter.outgoing_webhook_id);
  return webhook && filter.deployment_id.value_or(webhook->deployment_id) == webhook->deployment_id &&
         filter.environment.value_or(webhook->environment) == webhook->environment;
}

}  // namespace

Page<Delivery> list_deliveries(Tx& tx, const DeliveryFilter& filter, const PageRequest& page) {
  Page<Delivery> result;
  if (!agrees(tx, filter)) return result;
  const auto webhooks = webhooks_of(tx, filter);
  const Matcher matcher(filter, webhooks);
  const std::size_t batch = page.limit + 1;
  std::string before = first_of_page(page);
  for (std::size_t examined = 0; examined < examined_a_page;) {
    const Ids ids = candidates(tx, filter, webhooks, before, batch);
    for (const std::string& id : ids) {
      Delivery delivery = *read_delivery(tx, id);
      if (!matcher.matches(delivery)) continue;
      if (result.rows.size() == page.limit) {
        result.next = result.rows.back().id.text();
        return result;
      }
      result.rows.push_back(std::move(delivery));
    }
    if (ids.size() < batch) return result;
    examined += ids.size();
    before = ids.back();
  }
  result.next = before;
  return result;
}

RecentDeliveries recent_deliveries(Tx& tx, const OutgoingWebhookId& webhook, std::size_t limit) {
  struct Recent {
    std::string id;
    DeliveryStatus status;
    WallTime created_at;
  };
  std::vector<Recent> all;
  for (const DeliveryStatus status : all_statuses) {
    Query rows = tx.select(
        "SELECT id, created_at FROM deliveries INDEXED BY deliveries_of_webhook WHERE outgoing_webhook_id = ? AND "
        "status = ? ORDER BY id DESC LIMIT ?",
        webhook, to_string(status), limit);
    while (rows.next()) all.push_back({rows.text(0), status, rows.time(1)});
  }
  std::ranges::sort(all, std::ranges::greater(), &Recent::id);
  RecentDeliveries recent;
  if (!all.empty()) recent.last_used_at = all.front().created_at;
  for (const Recent& delivery : all | std::views::take(limit)) recent.statuses.push_back(delivery.status);
  return recent;
}

}  // namespace crewship
