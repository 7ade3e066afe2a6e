// A configuration file: read, or refused with a problem that can be shown.
#include <crewship/app/config.hpp>
#include <crewship/domain/json.hpp>

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace crewship;
  using fuzzing::require;
  const auto config = parse_config(fuzzing::text_of(data, size));
  if (!config) {
    require(!config.error().empty(), "a refusal has a reason");
    for (const auto& problem : config.error()) require(!problem.message.empty(), "a problem is explained");
    return 0;
  }
  require(config->limits.body_bytes >= 1024 && config->limits.connections >= 1, "limits are within their range");
  require(config->delivery.timeout.count() > 0 && config->delivery.retry_schedule.size() <= 100, "so are deliveries");
  require(config->executor.max_concurrent_runs >= 1 && config->retention.runs.count() > 0, "and runs");
  return 0;
}
