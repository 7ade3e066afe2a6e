// What deliveries need of outgoing webhooks and do not offer to other rooms.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <crewship/domain/model.hpp>
#include <crewship/store/deliveries.hpp>

#include "tx.hpp"

namespace crewship {

// Null when the webhook is disabled or deleted.
std::shared_ptr<const Target> find_target(Tx& tx, const OutgoingWebhookId& id);

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
std::shared_ptr<const Receiver> find_receiver(Tx& tx, const OutgoingWebhookId& id);

struct Subscriber {
  OutgoingWebhookId id;
  std::vector<EventType> events;
};
// The enabled ones that selected the event.
std::vector<OutgoingWebhookId> subscribers(Tx& tx, const DeploymentId& deployment, Environment environment,
                                           EventType event);

}  // namespace crewship
