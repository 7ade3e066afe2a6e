// Reads an outgoing webhook's url, events and headers from a request, by the rules for both POST and PATCH.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <crewship/domain/address.hpp>
#include <crewship/domain/model.hpp>

#include "request_body.hpp"

namespace crewship {

inline constexpr std::size_t max_own_headers = 20;

std::optional<std::string> optional_target_url(RequestBody& body, const std::vector<Cidr>& allow);
std::optional<std::vector<EventType>> optional_events(RequestBody& body);
std::optional<TextPairs> optional_headers(RequestBody& body);

// Puts the stored value where the caller sent back the mask; an error where nothing is stored.
Result<> unmask_headers(TextPairs& headers, const TextPairs& stored);

}  // namespace crewship
