#include <stdexcept>

#include <crewship/store/webhooks.hpp>

#include "remembered.hpp"
#include "rows.hpp"
#include "tx.hpp"

namespace crewship {
namespace {

constexpr std::string_view token_place = "incoming_webhooks.token";

IncomingWebhook read_incoming_webhook(const Query& row) {
  return IncomingWebhook{row.id<IncomingWebhookId>(0),          row.id<DeploymentId>(1), row.text(2),
                         known(parse_environment(row.text(3))), row.boolean(4),          row.time(5)};
}

}  // namespace

void insert_incoming_webhook(Tx& tx, const IncomingWebhook& webhook, std::string_view token) {
  const std::string hash = sha256(token);
  const std::string sealed = tx.seal(token, token_place, webhook.id.text());
  tx.execute(
      "INSERT INTO incoming_webhooks(id, deployment_id, name, environment, enabled, created_at, token_sha256, "
      "token_sealed) "
      "VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
      webhook.id, webhook.deployment_id, webhook.name, to_string(webhook.environment), webhook.enabled,
      webhook.created_at, Blob{hash}, Blob{sealed});
}

std::shared_ptr<const IncomingWebhook> find_incoming_webhook(Tx& tx, const IncomingWebhookId& id) {
  return remembered(tx, &Remembered::incoming_webhooks, id, [&]() -> std::optional<IncomingWebhook> {
    Query row = tx.select(
        "SELECT id, deployment_id, name, environment, enabled, created_at FROM incoming_webhooks "
        "WHERE id = ? AND deleted_at IS NULL",
        id);
    if (!row.next()) return std::nullopt;
    return read_incoming_webhook(row);
  });
}

std::optional<IncomingWebhook> find_incoming_webhook_by_token(Tx& tx, std::string_view token_sha256) {
  // A deleted webhook has no hash any more.
  Query row = tx.select(
      "SELECT id, deployment_id, name, environment, enabled, created_at FROM incoming_webhooks WHERE token_sha256 = ?",
      Blob{token_sha256});
  if (row.next()) return read_incoming_webhook(row);
  // Who guesses could tell a disabled webhook from none by the time that reading its row takes, so one is read anyway.
  Query any = tx.select(
      "SELECT id, deployment_id, name, environment, enabled, created_at FROM incoming_webhooks WHERE id >= ? "
      "ORDER BY id LIMIT 1",
      "");
  if (any.next()) static_cast<void>(read_incoming_webhook(any));
  return std::nullopt;
}

std::string incoming_webhook_token(Tx& tx, const IncomingWebhookId& id) {
  Query row = tx.select("SELECT token_sealed FROM incoming_webhooks WHERE id = ? AND deleted_at IS NULL", id);
  if (!row.next()) throw std::logic_error("the token of an incoming webhook that does not exist was asked for");
  return tx.unseal(row.text(0), token_place, id.text());
}

std::optional<std::string> incoming_webhook_name(Tx& tx, const IncomingWebhookId& id) {
  Query row = tx.select("SELECT name FROM incoming_webhooks WHERE id = ?", id);
  if (!row.next()) return std::nullopt;
  return row.text(0);
}

Page<IncomingWebhook> list_incoming_webhooks(Tx& tx, const DeploymentId& deployment, const PageRequest& page) {
  const std::string after = first_of_page(page);
  Query rows = tx.select(
      "SELECT id, deployment_id, name, environment, enabled, created_at FROM incoming_webhooks "
      "WHERE deployment_id = ? AND deleted_at IS NULL AND id < ? ORDER BY id DESC LIMIT ?",
      deployment, after, page.limit + 1);
  return read_page<IncomingWebhook>(rows, page.limit, read_incoming_webhook,
                                    [](const IncomingWebhook& webhook) { return webhook.id.text(); });
}

bool update_incoming_webhook(Tx& tx, const IncomingWebhookId& id, const IncomingWebhookPatch& patch) {
  return tx.execute(
             "UPDATE incoming_webhooks SET name = coalesce(?, name), enabled = coalesce(?, enabled) "
             "WHERE id = ? AND deleted_at IS NULL",
             patch.name, patch.enabled, id) > 0;
}

bool replace_incoming_webhook_token(Tx& tx, const IncomingWebhookId& id, std::string_view token) {
  const std::string hash = sha256(token);
  const std::string sealed = tx.seal(token, token_place, id.text());
  return tx.execute(
             "UPDATE incoming_webhooks SET token_sha256 = ?, token_sealed = ? WHERE id = ? AND deleted_at IS NULL",
             Blob{hash}, Blob{sealed}, id) > 0;
}

bool delete_incoming_webhook(Tx& tx, const IncomingWebhookId& id, WallTime now) {
  return tx.execute(
             "UPDATE incoming_webhooks SET deleted_at = ?, token_sha256 = NULL, token_sealed = NULL "
             "WHERE id = ? AND deleted_at IS NULL",
             now, id) > 0;
}

}  // namespace crewship
