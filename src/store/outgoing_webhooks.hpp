// What deliveries need of outgoing webhooks and do not offer to other rooms.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <crewship/domain/model.hpp>

#include "tx.hpp"

namespace crewship {

// Where and how to send, at this moment. Nothing when the webhook is disabled or deleted.
struct Target {
  DeploymentId deployment_id;
  Environment environment = Environment::production;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string secret;
};
std::optional<Target> find_target(Tx& tx, const OutgoingWebhookId& id);

enum class WebhookState { enabled, disabled, deleted };
WebhookState webhook_state(bool enabled, bool deleted);
WebhookState outgoing_webhook_state(Tx& tx, const OutgoingWebhookId& id);
// Why deliveries to a webhook that is not enabled end, be it disabled or deleted.
inline constexpr std::string_view webhook_not_enabled = "webhook disabled";

// Whether a delivery's webhook takes it, and where it is counted.
struct Receiver {
  WebhookState state = WebhookState::deleted;
  Environment environment = Environment::production;
};
std::optional<Receiver> find_receiver(Tx& tx, const OutgoingWebhookId& id);

struct Subscriber {
  OutgoingWebhookId id;
  std::vector<EventType> events;
};
// The enabled ones that selected the event.
std::vector<OutgoingWebhookId> subscribers(Tx& tx, const DeploymentId& deployment, Environment environment,
                                           EventType event);

}  // namespace crewship
