// Reading deliveries without their body, for the files that list, claim and change them.
#pragma once

#include <optional>
#include <string_view>

#include <crewship/domain/delivery.hpp>

#include "tx.hpp"

namespace crewship {

std::optional<Delivery> read_delivery(Tx& tx, std::string_view id);

}  // namespace crewship
