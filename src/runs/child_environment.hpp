// The environment of a run's process: complete, so that nothing of the daemon's own leaks into it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <crewship/domain/run.hpp>

namespace crewship {

// What a process gets from the daemon's environment.
struct InheritedEnvironment {
  std::string path = "/usr/local/bin:/usr/bin:/bin";
  std::string home = "/";
  std::string lang = "C.UTF-8";

  static InheritedEnvironment read();  // before threads: getenv
};

std::vector<std::pair<std::string, std::string>> child_environment(const Run& run, const Version& version,
                                                                   const InheritedEnvironment& inherited);

}  // namespace crewship
