// Fields with a fixed set of words.
#pragma once

#include <optional>

#include <crewship/domain/model.hpp>

#include "request_body.hpp"

namespace crewship {

inline std::optional<Environment> optional_environment(RequestBody& body) {
  const auto text = body.optional_text("environment");
  if (!text) return std::nullopt;
  const auto environment = parse_environment(*text);
  if (!environment) body.complain("environment", "must be production or staging");
  return environment;
}

}  // namespace crewship
