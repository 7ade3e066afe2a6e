// Whether a webhook's URL may be used at all: syntax, and the address when the host is one. Called when a webhook is
// made or changed, and again for every attempt. Names are resolved and checked only at the attempt.
#pragma once

#include <string_view>
#include <vector>

#include <crewship/base/error.hpp>
#include <crewship/domain/address.hpp>

namespace crewship {

// Errors: invalid "invalid_url" or "url_not_allowed", field "url".
Result<> check_target_url(std::string_view url, const std::vector<Cidr>& allow);

}  // namespace crewship
