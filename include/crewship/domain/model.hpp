// What the program manages: deployments, their versions, environments and webhooks, and API keys. Plain values; times
// are UTC milliseconds, payloads are validated JSON text, secrets are in the clear only here (the store seals them).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <crewship/base/clock.hpp>
#include <crewship/base/ids.hpp>

namespace crewship {

using TextPairs = std::vector<std::pair<std::string, std::string>>;
// Stands for the value of a webhook's own header wherever it is shown or kept in the clear.
inline constexpr std::string_view masked_header_value = "***";

enum class Environment { production, staging };
std::string_view to_string(Environment environment);
std::optional<Environment> parse_environment(std::string_view text);

struct Deployment {
  DeploymentId id;
  std::string name;
  WallTime created_at;
};

struct CommandRunner {
  std::vector<std::string> command;  // program and arguments, not a shell line; never empty
  std::string working_dir;           // empty: the daemon's
  bool operator==(const CommandRunner&) const = default;
};
struct BuiltinRunner {
  std::string handler;
  bool operator==(const BuiltinRunner&) const = default;
};
using RunnerSpec = std::variant<CommandRunner, BuiltinRunner>;

// What a version's program may use at most; what is not given is not limited beyond the daemon's own limits.
struct ResourceLimits {
  std::optional<std::int64_t> memory_bytes{};  // of all its processes together; and of each, which gets no more
  std::optional<std::int64_t> cpu_seconds{};   // of each process
  std::optional<std::int64_t> open_files{};    // of each process
  std::optional<std::int64_t> processes{};     // at once, the first included
  bool operator==(const ResourceLimits&) const = default;
};

// One immutable, numbered way to run a deployment.
struct Version {
  VersionId id;
  DeploymentId deployment_id;
  std::int64_t number = 0;  // 1, 2, 3 … within its deployment
  RunnerSpec runner;
  std::map<std::string, std::string> env;
  std::optional<std::chrono::seconds> time_limit;  // none: executor.run_timeout
  ResourceLimits limits;                           // none for a builtin
  WallTime created_at;
};

struct EnvironmentPointer {
  Environment environment = Environment::production;
  VersionId version_id;
  std::int64_t version_number = 0;
  WallTime updated_at;
};

struct IncomingWebhook {
  IncomingWebhookId id;
  DeploymentId deployment_id;
  std::string name;
  Environment environment = Environment::production;
  bool enabled = true;
  WallTime created_at;
};

enum class EventType { run_succeeded, run_failed, webhook_test };
std::string_view to_string(EventType event);  // "run.succeeded", "run.failed", "webhook.test"
std::optional<EventType> parse_event_type(std::string_view text);

struct OutgoingWebhook {
  OutgoingWebhookId id;
  DeploymentId deployment_id;
  std::string name;
  Environment environment = Environment::production;
  std::string url;
  std::vector<EventType> events;                             // what it subscribed to; not webhook.test
  std::vector<std::pair<std::string, std::string>> headers;  // the user's own; values are secret
  bool enabled = true;
  WallTime created_at;
};

struct ApiKey {
  ApiKeyId id;
  std::string name;
  WallTime created_at;
  std::optional<WallTime> last_used_at;
};

}  // namespace crewship
