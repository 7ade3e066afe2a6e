// Places where the daemon of a test build can be made to die or to be wrong on purpose. Builds without
// CREWSHIP_FAULT_POINTS, such as what users run, contain none of it. The environment says what happens:
//   CREWSHIP_KILL_AT=point:n   kill -9 when the point is passed for the n-th time
//   CREWSHIP_MUTANT=name       a mistake that the tests must notice is made
// Any thread.
#pragma once

#include <string_view>

namespace crewship {

#ifdef CREWSHIP_FAULT_POINTS
void fault_point(std::string_view point);
bool is_mutant(std::string_view name);
#else
constexpr void fault_point(std::string_view) {}
constexpr bool is_mutant(std::string_view) { return false; }
#endif

}  // namespace crewship
