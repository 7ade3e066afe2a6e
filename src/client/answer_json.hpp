// What the server answered, as a tree to pick fields from. The order of members is kept. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace crewship {

using Json = nlohmann::ordered_json;

// Nothing when it is not JSON. Takes every JSON that runs may hold: lone surrogates become U+FFFD, numbers are those of
// JavaScript.
std::optional<Json> read_json(std::string_view text);

// A string as it is, null and what is missing as an empty text, all else as JSON.
std::string text_at(const Json& object, std::string_view member);
std::string json_text(const Json& value, int indent = -1);

}  // namespace crewship
