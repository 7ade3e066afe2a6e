#include "child_environment.hpp"

#include <cstdlib>

#include <crewship/domain/trace_context.hpp>
#include <crewship/runs/spawner.hpp>

#include "instance_marker.hpp"

namespace crewship {
namespace {

void take_over(std::string& value, const char* name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment
  if (const char* set = std::getenv(name); set != nullptr && *set != '\0') value = set;
}

}  // namespace

InheritedEnvironment InheritedEnvironment::read() {
  InheritedEnvironment inherited;
  take_over(inherited.path, "PATH");
  take_over(inherited.home, "HOME");
  take_over(inherited.lang, "LANG");
  return inherited;
}

std::vector<std::pair<std::string, std::string>> child_environment(const Run& run, const Version& version,
                                                                   const InheritedEnvironment& inherited) {
  std::map<std::string, std::string> variables{
      {"PATH", inherited.path}, {"HOME", inherited.home}, {"LANG", inherited.lang}};
  for (const auto& [name, value] : version.env) variables.insert_or_assign(name, value);
  variables.insert_or_assign(run_id_variable, run.id.text());
  variables.insert_or_assign("CREWSHIP_DEPLOYMENT_ID", run.deployment_id.text());
  variables.insert_or_assign("CREWSHIP_VERSION_NUMBER", std::to_string(run.version_number));
  variables.insert_or_assign("CREWSHIP_ENVIRONMENT", std::string(to_string(run.environment)));
  variables.insert_or_assign("TRACEPARENT", traceparent_of(run));
  variables.insert_or_assign("CREWSHIP_EVENTS_FD", std::to_string(events_descriptor));
  return {variables.begin(), variables.end()};
}

}  // namespace crewship
