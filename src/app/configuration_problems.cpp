#include "configuration_problems.hpp"

#include <cstdio>

namespace crewship {

void print_problems(const std::filesystem::path& file, const std::vector<ConfigProblem>& problems) {
  for (const ConfigProblem& problem : problems) {
    const std::string where = problem.key.empty() ? "the file" : problem.key;
    std::fprintf(stderr, "%s: %s %s\n", file.c_str(), where.c_str(), problem.message.c_str());
  }
}

}  // namespace crewship
