// How many trials each of a test's parts makes: the environment says how many there are in all (./dev test crash 1000).
#pragma once

#include <algorithm>
#include <cstdlib>

namespace crewship::testing_support {

inline constexpr int parts = 10;

inline int trials_of_a_part(const char* variable, int usual_in_all) {
  const char* const wanted = std::getenv(variable);
  const int in_all = wanted == nullptr ? usual_in_all : std::atoi(wanted);
  return std::max(1, (in_all + parts - 1) / parts);
}

}  // namespace crewship::testing_support
