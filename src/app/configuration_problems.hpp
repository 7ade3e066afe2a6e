// Tells the operator on stderr what is wrong with a configuration, a line a problem.
#pragma once

#include <filesystem>
#include <vector>

#include <crewship/app/config.hpp>

namespace crewship {

void print_problems(const std::filesystem::path& file, const std::vector<ConfigProblem>& problems);

}  // namespace crewship
