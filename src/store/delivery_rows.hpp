// Reading deliveries without their body, for the files that list, claim and change them.
#pragma once

#include <optional>
#include <string_view>

#include <crewship/domain/delivery.hpp>

#include "outgoing_webhooks.hpp"
#include "tx.hpp"

namespace crewship {

std::optional<Delivery> read_delivery(Tx& tx, std::string_view id);

// With what decides where it may go from here.
struct OpenDelivery {
  Delivery delivery;
  bool redelivery_requested = false;
  Receiver webhook;
};
std::optional<OpenDelivery> read_open_delivery(Tx& tx, const DeliveryId& id);

}  // namespace crewship
