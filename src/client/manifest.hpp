// The file of export and apply: its text as JSON or YAML, and its rules. Pure.
#pragma once

#include <string>
#include <string_view>

#include <crewship/base/error.hpp>

#include "answer_json.hpp"

namespace crewship {

inline constexpr int manifest_format = 1;  // the file's member "crewshipd"
inline constexpr std::string_view masked_value = "***";

// JSON, or YAML (1.2, core schema). Error: invalid "invalid_file" with the line.
Result<Json> parse_manifest(std::string_view text);
std::string yaml_text(const Json& document);

// Complete: every member that may be left out is there, but for whole lists, which then are not looked after. Errors
// name the place: "deployments[0].versions[1].timeout_seconds".
Result<Json> checked_manifest(Json document);

}  // namespace crewship
