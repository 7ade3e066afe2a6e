// Incoming and outgoing webhooks and their secrets. Tokens are looked up by SHA-256; tokens, signing secrets and header
// values are sealed in the file (row id as associated data) and in the clear only in what these functions return.
#pragma once

#include <memory>

#include <crewship/domain/model.hpp>
#include <crewship/store/page.hpp>
#include <crewship/store/store.hpp>

namespace crewship {

void insert_incoming_webhook(Tx& tx, const IncomingWebhook& webhook, std::string_view token);
// Null when there is none.
std::shared_ptr<const IncomingWebhook> find_incoming_webhook(Tx& tx, const IncomingWebhookId& id);
// The webhook whose token has this SHA-256 (32 bytes), enabled or not; deleted ones are unknown.
std::optional<IncomingWebhook> find_incoming_webhook_by_token(Tx& tx, std::string_view token_sha256);
std::string incoming_webhook_token(Tx& tx, const IncomingWebhookId& id);  // precondition: it exists
Page<IncomingWebhook> list_incoming_webhooks(Tx& tx, const DeploymentId& deployment, const PageRequest& page);
// Its name, also when it is deleted.
std::optional<std::string> incoming_webhook_name(Tx& tx, const IncomingWebhookId& id);
struct IncomingWebhookPatch {
  std::optional<std::string> name;
  std::optional<bool> enabled;
};
bool update_incoming_webhook(Tx& tx, const IncomingWebhookId& id, const IncomingWebhookPatch& patch);
bool replace_incoming_webhook_token(Tx& tx, const IncomingWebhookId& id, std::string_view token);
bool delete_incoming_webhook(Tx& tx, const IncomingWebhookId& id, WallTime now);

void insert_outgoing_webhook(Tx& tx, const OutgoingWebhook& webhook, std::string_view secret);
std::optional<OutgoingWebhook> find_outgoing_webhook(Tx& tx, const OutgoingWebhookId& id);
Page<OutgoingWebhook> list_outgoing_webhooks(Tx& tx, const DeploymentId& deployment, const PageRequest& page);
struct OutgoingWebhookPatch {
  std::optional<std::string> name;
  std::optional<std::string> url;
  std::optional<std::vector<EventType>> events;
  std::optional<std::vector<std::pair<std::string, std::string>>> headers;
  std::optional<bool> enabled;
};
// Disabling ends its waiting deliveries as failed ("webhook disabled"); those in flight end by their outcome.
bool update_outgoing_webhook(Tx& tx, const OutgoingWebhookId& id, const OutgoingWebhookPatch& patch, WallTime now);
bool replace_outgoing_webhook_secret(Tx& tx, const OutgoingWebhookId& id, std::string_view secret);
// Its deliveries stay readable; waiting ones end as failed ("webhook disabled").
bool delete_outgoing_webhook(Tx& tx, const OutgoingWebhookId& id, WallTime now);

}  // namespace crewship
