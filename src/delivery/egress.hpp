// The egress guard: why a delivery must not go to an address, or nothing when it may.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include <crewship/base/asio.hpp>
#include <crewship/domain/address.hpp>

namespace crewship {

// "a loopback address; see delivery.allow"
std::optional<std::string> refusal(const asio::ip::address& address, const std::vector<Cidr>& allow);

}  // namespace crewship
