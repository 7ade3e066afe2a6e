// Reading runs by id, for the files that find, list and delete them.
#pragma once

#include <string>

#include <crewship/domain/run.hpp>

#include "tx.hpp"

namespace crewship {

std::optional<Run> read_run(Tx& tx, std::string_view id);

}  // namespace crewship
