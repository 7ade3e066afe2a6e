// A delivery as the API shows it, read with what belongs to it.
#pragma once

#include <utility>

#include <crewship/store/deliveries.hpp>

#include "render.hpp"

namespace crewship {

inline DeliveryWithAttempts with_attempts(Tx& tx, Delivery delivery) {
  auto attempts = list_attempts(tx, delivery.id);
  auto target = find_delivery_target(tx, delivery.outgoing_webhook_id).value_or(DeliveryTarget{});
  return {std::move(delivery), std::move(attempts), std::move(target)};
}

}  // namespace crewship
