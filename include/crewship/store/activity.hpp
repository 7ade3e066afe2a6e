// What happened lately and what fails at the moment, for the overview: read from counters and small tables that the
// transactions keep in which runs and attempts end, so that it stays quick however many rows there are.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <crewship/domain/model.hpp>
#include <crewship/store/store.hpp>

namespace crewship {

// Time cut into `count` pieces of equal length.
struct ActivityPieces {
  WallTime from;  // a whole minute, else the one that it lies in
  std::chrono::minutes length;
  std::size_t count;
};
// What ended in a piece.
struct Activity {
  WallTime from;
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  std::int64_t canceled = 0;  // runs only
};
std::vector<Activity> run_activity(Tx& tx, const ActivityPieces& pieces, const std::optional<Environment>& environment);
std::vector<Activity> delivery_activity(Tx& tx, const ActivityPieces& pieces,
                                        const std::optional<Environment>& environment);
// Forgets what was counted before; returns how many rows. Call again while it returns `limit`.
std::size_t delete_old_activity(Tx& tx, WallTime before, std::size_t limit);

struct Failing {
  WallTime since;
  std::int64_t failures = 0;
  std::string error;
};
// Enabled webhooks whose last attempt failed.
struct FailingWebhook {
  OutgoingWebhookId id;
  std::string name;
  DeploymentId deployment_id;
  Environment environment = Environment::production;
  Failing failing;
};
std::vector<FailingWebhook> failing_webhooks(Tx& tx, std::size_t limit);
// Versions that are live and whose last run there failed. Canceled runs say nothing.
struct FailingVersion {
  VersionId id;
  std::int64_t number = 0;
  std::string deployment_name;
  DeploymentId deployment_id;
  Environment environment = Environment::production;
  Failing failing;
};
std::vector<FailingVersion> failing_versions(Tx& tx, std::size_t limit);

}  // namespace crewship
