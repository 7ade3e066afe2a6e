#include "outgoing_webhooks.hpp"

#include <algorithm>
#include <ranges>

#include <crewship/store/deliveries.hpp>
#include <crewship/store/webhooks.hpp>

#include "packing.hpp"
#include "remembered.hpp"
#include "rows.hpp"
#include "waiting_deliveries.hpp"

namespace crewship {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view secret_place = "outgoing_webhooks.secret";
constexpr std::string_view headers_place = "outgoing_webhooks.headers";

std::optional<std::string> sealed_headers(const Tx& tx, const OutgoingWebhookId& id, const Headers& headers) {
  if (headers.empty()) return std::nullopt;
  return tx.seal(pack_pairs(headers), headers_place, id.text());
}

Headers read_headers(const Tx& tx, const Query& row, int column, const OutgoingWebhookId& id) {
  if (row.is_null(column)) return {};
  return unpack_pairs(tx.unseal(row.text(column), headers_place, id.text()));
}

std::string join(const std::vector<EventType>& events) {
  std::string text;
  for (const EventType event : events) {
    if (!text.empty()) text += ' ';
    text += to_string(event);
  }
  return text;
}

std::vector<EventType> split(std::string_view text) {
  std::vector<EventType> events;
  for (const auto word : std::views::split(text, ' ')) {
    if (!word.empty()) events.push_back(known(parse_event_type(std::string_view(word))));
  }
  return events;
}

// The statements below select these columns in this order.
OutgoingWebhook read_outgoing_webhook(const Tx& tx, const Query& row) {
  OutgoingWebhook webhook;
  webhook.id = row.id<OutgoingWebhookId>(0);
  webhook.deployment_id = row.id<DeploymentId>(1);
  webhook.name = row.text(2);
  webhook.environment = known(parse_environment(row.text(3)));
  webhook.url = row.text(4);
  webhook.events = split(row.text(5));
  webhook.headers = read_headers(tx, row, 6, webhook.id);
  webhook.enabled = row.boolean(7);
  webhook.created_at = row.time(8);
  return webhook;
}

}  // namespace

void insert_outgoing_webhook(Tx& tx, const OutgoingWebhook& webhook, std::string_view secret) {
  const auto headers = sealed_headers(tx, webhook.id, webhook.headers);
  const std::string sealed = tx.seal(secret, secret_place, webhook.id.text());
  tx.execute(
      "INSERT INTO outgoing_webhooks(id, deployment_id, name, environment, url, events, enabled, created_at, "
      "headers_sealed, secret_sealed) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      webhook.id, webhook.deployment_id, webhook.name, to_string(webhook.environment), webhook.url,
      join(webhook.events), webhook.enabled, webhook.created_at, headers ? std::optional(Blob{*headers}) : std::nullopt,
      Blob{sealed});
}

std::optional<OutgoingWebhook> find_outgoing_webhook(Tx& tx, const OutgoingWebhookId& id) {
  Query row = tx.select(
      "SELECT id, deployment_id, name, environment, url, events, headers_sealed, enabled, created_at FROM "
      "outgoing_webhooks "
      "WHERE id = ? AND deleted_at IS NULL",
      id);
  if (!row.next()) return std::nullopt;
  return read_outgoing_webhook(tx, row);
}

Page<OutgoingWebhook> list_outgoing_webhooks(Tx& tx, const DeploymentId& deployment, const PageRequest& page) {
  const std::string after = first_of_page(page);
  Query rows = tx.select(
      "SELECT id, deployment_id, name, environment, url, events, headers_sealed, enabled, created_at FROM "
      "outgoing_webhooks "
      "WHERE deployment_id = ? AND deleted_at IS NULL AND id < ? ORDER BY id DESC LIMIT ?",
      deployment, after, page.limit + 1);
  return read_page<OutgoingWebhook>(
      rows, page.limit, [&tx](const Query& row) { return read_outgoing_webhook(tx, row); },
      [](const OutgoingWebhook& webhook) { return webhook.id.text(); });
}

bool update_outgoing_webhook(Tx& tx, const OutgoingWebhookId& id, const OutgoingWebhookPatch& patch, WallTime now) {
  const auto events = patch.events ? std::optional(join(*patch.events)) : std::nullopt;
  if (tx.execute("UPDATE outgoing_webhooks SET name = coalesce(?, name), url = coalesce(?, url), "
                 "events = coalesce(?, events), enabled = coalesce(?, enabled) WHERE id = ? AND deleted_at IS NULL",
                 patch.name, patch.url, events, patch.enabled, id) == 0) {
    return false;
  }
  if (patch.headers) {
    const auto headers = sealed_headers(tx, id, *patch.headers);
    tx.execute("UPDATE outgoing_webhooks SET headers_sealed = ? WHERE id = ?",
               headers ? std::optional(Blob{*headers}) : std::nullopt, id);
  }
  if (patch.enabled == false) end_waiting_deliveries(tx, id, now);
  return true;
}

bool replace_outgoing_webhook_secret(Tx& tx, const OutgoingWebhookId& id, std::string_view secret) {
  const std::string sealed = tx.seal(secret, secret_place, id.text());
  return tx.execute("UPDATE outgoing_webhooks SET secret_sealed = ? WHERE id = ? AND deleted_at IS NULL", Blob{sealed},
                    id) > 0;
}

bool delete_outgoing_webhook(Tx& tx, const OutgoingWebhookId& id, WallTime now) {
  if (tx.execute("UPDATE outgoing_webhooks SET deleted_at = ?, secret_sealed = NULL, headers_sealed = NULL "
                 "WHERE id = ? AND deleted_at IS NULL",
                 now, id) == 0) {
    return false;
  }
  end_waiting_deliveries(tx, id, now);
  return true;
}

std::optional<DeliveryTarget> find_delivery_target(Tx& tx, const OutgoingWebhookId& id) {
  Query row = tx.select("SELECT name, url, deployment_id, environment FROM outgoing_webhooks WHERE id = ?", id);
  if (!row.next()) return std::nullopt;
  return DeliveryTarget{row.text(0), row.text(1), row.id<DeploymentId>(2), known(parse_environment(row.text(3)))};
}

namespace {

std::optional<Target> read_target(Tx& tx, const OutgoingWebhookId& id) {
  Query row = tx.select(
      "SELECT url, headers_sealed, secret_sealed, deployment_id, environment FROM outgoing_webhooks "
      "WHERE id = ? AND enabled AND deleted_at IS NULL",
      id);
  if (!row.next()) return std::nullopt;
  return Target{.deployment_id = row.id<DeploymentId>(3),
                .environment = known(parse_environment(row.text(4))),
                .url = row.text(0),
                .headers = read_headers(tx, row, 1, id),
                .secret = tx.unseal(row.text(2), secret_place, id.text())};
}

std::optional<Receiver> read_receiver(Tx& tx, const OutgoingWebhookId& id) {
  Query row = tx.select("SELECT enabled, deleted_at, environment FROM outgoing_webhooks WHERE id = ?", id);
  if (!row.next()) return std::nullopt;
  return Receiver{webhook_state(row.boolean(0), !row.is_null(1)), known(parse_environment(row.text(2)))};
}

std::optional<std::vector<Subscriber>> read_subscribers(Tx& tx, const DeploymentId& deployment,
                                                        Environment environment) {
  Query rows = tx.select(
      "SELECT id, events FROM outgoing_webhooks WHERE deployment_id = ? AND deleted_at IS NULL AND environment = ? "
      "AND enabled ORDER BY id",
      deployment, to_string(environment));
  std::vector<Subscriber> found;
  while (rows.next()) found.push_back({rows.id<OutgoingWebhookId>(0), split(rows.text(1))});
  return found;
}

}  // namespace

std::shared_ptr<const Target> find_target(Tx& tx, const OutgoingWebhookId& id) {
  return remembered(tx, &Remembered::targets, id, [&] { return read_target(tx, id); });
}

std::shared_ptr<const Receiver> find_receiver(Tx& tx, const OutgoingWebhookId& id) {
  return remembered(tx, &Remembered::receivers, id, [&] { return read_receiver(tx, id); });
}

WebhookState outgoing_webhook_state(Tx& tx, const OutgoingWebhookId& id) {
  const auto receiver = find_receiver(tx, id);
  return receiver ? receiver->state : WebhookState::deleted;
}

WebhookState webhook_state(bool enabled, bool deleted) {
  if (deleted) return WebhookState::deleted;
  return enabled ? WebhookState::enabled : WebhookState::disabled;
}

std::vector<OutgoingWebhookId> subscribers(Tx& tx, const DeploymentId& deployment, Environment environment,
                                           EventType event) {
  const auto all = remembered(tx, &Remembered::subscribers, {deployment, environment},
                              [&] { return read_subscribers(tx, deployment, environment); });
  std::vector<OutgoingWebhookId> found;
  for (const Subscriber& subscriber : *all) {
    if (std::ranges::count(subscriber.events, event) > 0) found.push_back(subscriber.id);
  }
  return found;
}

}  // namespace crewship
