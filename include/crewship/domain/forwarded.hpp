// Who really asks when a proxy stands in front. Anybody can write X-Forwarded-For, so only what a trusted proxy added
// to its end counts. Pure.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include <crewship/domain/address.hpp>

namespace crewship {

// `forwarded_for`: the values of X-Forwarded-For in the order of the request. As long as the address is a trusted
// proxy's, the one it vouched for takes its place: the right-most that is not trusted is the client's. What is no
// address ends the search, and so does the beginning of the list.
IpAddress client_address(const IpAddress& peer, std::span<const std::string_view> forwarded_for,
                         const std::vector<Cidr>& trusted_proxies);

}  // namespace crewship
