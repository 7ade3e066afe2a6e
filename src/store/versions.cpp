// Versions and what each environment points at.
#include <limits>

#include <crewship/store/deployments.hpp>

#include "packing.hpp"
#include "remembered.hpp"
#include "rows.hpp"
#include "tx.hpp"

namespace crewship {
namespace {

constexpr std::string_view env_place = "versions.env";

// The statements of this file select these columns in this order.
Version read_version(const Tx& tx, const Query& row) {
  Version version;
  version.id = row.id<VersionId>(0);
  version.deployment_id = row.id<DeploymentId>(1);
  version.number = row.integer(2);
  if (row.text(3) == "command") {
    version.runner = CommandRunner{unpack(row.text(4)), row.text(5)};
  } else {
    version.runner = BuiltinRunner{row.text(6)};
  }
  if (!row.is_null(7)) {
    const std::vector<std::string> env = unpack(tx.unseal(row.text(7), env_place, version.id.text()));
    for (std::size_t i = 0; i + 1 < env.size(); i += 2) version.env.emplace(env[i], env[i + 1]);
  }
  if (const auto seconds = row.optional_integer(8)) version.time_limit = std::chrono::seconds(*seconds);
  version.created_at = row.time(9);
  version.limits = {.memory_bytes = row.optional_integer(10),
                    .cpu_seconds = row.optional_integer(11),
                    .open_files = row.optional_integer(12),
                    .processes = row.optional_integer(13)};
  return version;
}

std::optional<std::string> sealed_env(const Tx& tx, const Version& version) {
  if (version.env.empty()) return std::nullopt;
  std::vector<std::string> texts;
  for (const auto& [name, value] : version.env) {
    texts.push_back(name);
    texts.push_back(value);
  }
  return tx.seal(pack(texts), env_place, version.id.text());
}

}  // namespace

std::int64_t insert_version(Tx& tx, Version version) {
  {
    Query last = tx.select("SELECT max(number) FROM versions WHERE deployment_id = ?", version.deployment_id);
    last.next();
    version.number = last.integer(0) + 1;
  }
  const auto* command = std::get_if<CommandRunner>(&version.runner);
  const auto* builtin = std::get_if<BuiltinRunner>(&version.runner);
  const std::string packed = command ? pack(command->command) : std::string();
  const auto env = sealed_env(tx, version);
  tx.execute(
      "INSERT INTO versions(id, deployment_id, number, runner, command, working_dir, handler, env_sealed, "
      "time_limit_seconds, created_at, memory_limit_bytes, cpu_limit_seconds, open_files_limit, processes_limit) "
      "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      version.id, version.deployment_id, version.number, command ? "command" : "builtin",
      command ? std::optional(Blob{packed}) : std::nullopt,
      command ? std::optional(std::string_view(command->working_dir)) : std::nullopt,
      builtin ? std::optional(std::string_view(builtin->handler)) : std::nullopt,
      env ? std::optional(Blob{*env}) : std::nullopt,
      version.time_limit ? std::optional(std::int64_t{version.time_limit->count()}) : std::nullopt, version.created_at,
      version.limits.memory_bytes, version.limits.cpu_seconds, version.limits.open_files, version.limits.processes);
  return version.number;
}

std::optional<Version> find_version(Tx& tx, const VersionId& id) {
  Query row = tx.select(
      "SELECT id, deployment_id, number, runner, command, working_dir, handler, env_sealed, time_limit_seconds, "
      "created_at, memory_limit_bytes, cpu_limit_seconds, open_files_limit, processes_limit "
      "FROM versions WHERE id = ?",
      id);
  if (!row.next()) return std::nullopt;
  return read_version(tx, row);
}

Page<Version> list_versions(Tx& tx, const DeploymentId& deployment, const PageRequest& page) {
  Query rows = tx.select(
      "SELECT id, deployment_id, number, runner, command, working_dir, handler, env_sealed, time_limit_seconds, "
      "created_at, memory_limit_bytes, cpu_limit_seconds, open_files_limit, processes_limit "
      "FROM versions WHERE deployment_id = ? AND number < ? ORDER BY number DESC LIMIT ?",
      deployment, number_of(page, std::numeric_limits<std::int64_t>::max()), page.limit + 1);
  return read_page<Version>(
      rows, page.limit, [&tx](const Query& row) { return read_version(tx, row); },
      [](const Version& version) { return std::to_string(version.number); });
}

void set_environment(Tx& tx, const DeploymentId& deployment, Environment environment, const VersionId& version,
                     WallTime now) {
  tx.execute(
      "INSERT INTO environments(deployment_id, environment, version_id, updated_at) VALUES(?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET version_id = excluded.version_id, updated_at = excluded.updated_at",
      deployment, to_string(environment), version, now);
}

bool clear_environment(Tx& tx, const DeploymentId& deployment, Environment environment) {
  return tx.execute("DELETE FROM environments WHERE deployment_id = ? AND environment = ?", deployment,
                    to_string(environment)) > 0;
}

std::vector<EnvironmentPointer> list_environments(Tx& tx, const DeploymentId& deployment) {
  Query rows = tx.select(
      "SELECT e.environment, e.version_id, v.number, e.updated_at FROM environments e JOIN versions v ON v.id = "
      "e.version_id "
      "WHERE e.deployment_id = ? ORDER BY e.environment",
      deployment);
  std::vector<EnvironmentPointer> pointers;
  while (rows.next()) {
    pointers.push_back({known(parse_environment(rows.text(0))), rows.id<VersionId>(1), rows.integer(2), rows.time(3)});
  }
  return pointers;
}

namespace {

std::optional<Version> read_live_version(Tx& tx, const DeploymentId& deployment, Environment environment) {
  Query row = tx.select(
      "SELECT v.id, v.deployment_id, v.number, v.runner, v.command, v.working_dir, v.handler, v.env_sealed, "
      "v.time_limit_seconds, v.created_at, v.memory_limit_bytes, v.cpu_limit_seconds, v.open_files_limit, "
      "v.processes_limit FROM environments e JOIN versions v ON v.id = e.version_id "
      "WHERE e.deployment_id = ? AND e.environment = ?",
      deployment, to_string(environment));
  if (!row.next()) return std::nullopt;
  return read_version(tx, row);
}

}  // namespace

std::shared_ptr<const Version> live_version(Tx& tx, const DeploymentId& deployment, Environment environment) {
  return remembered(tx, &Remembered::live_versions, {deployment, environment},
                    [&] { return read_live_version(tx, deployment, environment); });
}

}  // namespace crewship
