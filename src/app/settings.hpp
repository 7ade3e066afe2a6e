// The settings in force as GET /v1/server shows them: what limits and delays things. No file names, no secrets.
#pragma once

#include <string>

#include <crewship/app/config.hpp>

namespace crewship {

std::string settings_json(const Config& config);

}  // namespace crewship
