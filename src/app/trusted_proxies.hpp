// Puts the client that a trusted proxy names in place of the proxy, before any room sees the request. Loop thread.
#pragma once

#include <vector>

#include <crewship/domain/address.hpp>
#include <crewship/http/message.hpp>

namespace crewship {

void believe_proxies(Request& request, const std::vector<Cidr>& trusted_proxies);

}  // namespace crewship
