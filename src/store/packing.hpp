// A list of texts as one blob (each with its length before it), for columns that SQL never looks into: argument lists,
// environment variables, header fields.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <crewship/domain/model.hpp>

namespace crewship {

std::string pack(std::span<const std::string> texts);
std::vector<std::string> unpack(std::string_view packed);  // throws when it was not made by pack()

std::string pack_pairs(std::span<const std::pair<std::string, std::string>> pairs);
TextPairs unpack_pairs(std::string_view packed);

}  // namespace crewship
