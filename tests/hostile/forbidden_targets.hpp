// Ways to write a target that deliveries must never reach, and what the name server says to the names among them.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace crewship::testing_support {

struct ForbiddenTargets {
  std::vector<std::string> urls;
  std::map<std::string, std::vector<std::string>> names;  // to addresses
};

ForbiddenTargets forbidden_targets();

}  // namespace crewship::testing_support
