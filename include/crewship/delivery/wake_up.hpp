// How other rooms tell the dispatcher to look now. The rows are the message; a lost wake-up only costs time. Loop
// thread.
#pragma once

#include <span>

#include <crewship/base/ids.hpp>

namespace crewship {

class DeliveryWakeUp {
 public:
  virtual ~DeliveryWakeUp() = default;
  virtual void deliveries_due(std::span<const OutgoingWebhookId> webhooks) = 0;
};

}  // namespace crewship
