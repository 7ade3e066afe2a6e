// Reading deliveries without their body, and attempts that are being made, for the files that list and change them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <crewship/domain/delivery.hpp>

#include "outgoing_webhooks.hpp"
#include "tx.hpp"

namespace crewship {

std::optional<Delivery> read_delivery(Tx& tx, std::string_view id);

// One that is in flight, with what decides where it may go from here.
struct OpenDelivery {
  Delivery delivery;
  bool redelivery_requested = false;
  Receiver webhook;
};
std::optional<OpenDelivery> read_open_delivery(Tx& tx, const DeliveryId& id);

// Of all deliveries, or of one, which has one at most.
std::vector<Attempt> read_attempts_in_flight(Tx& tx);
std::optional<Attempt> read_attempt_in_flight(Tx& tx, const DeliveryId& id);

}  // namespace crewship
