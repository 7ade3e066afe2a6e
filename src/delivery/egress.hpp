// The egress guard: Asio's addresses by domain's rules. Pure. Whether a name leads to them is the client's business.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include <crewship/base/asio.hpp>
#include <crewship/domain/address.hpp>

namespace crewship {

// What kind of address it is ("a loopback address") when deliveries may not go there; nothing when they may.
std::optional<std::string> refused_kind(const asio::ip::address& address, const std::vector<Cidr>& allow);

}  // namespace crewship
