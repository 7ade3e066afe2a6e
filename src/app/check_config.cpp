#include <cstdio>

#include "commands.hpp"
#include "configuration_problems.hpp"

namespace crewship {

int check_config(const std::filesystem::path& file) {
  const auto config = load_config(file);
  if (!config) {
    print_problems(file, config.error());
    return exit_wrong_use;
  }
  std::printf("%s: no problem found\n", file.c_str());
  return 0;
}

}  // namespace crewship
