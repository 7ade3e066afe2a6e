// Deployments, versions and what each environment points at. Every function is called with the Tx of Store::write or
// Store::read; SQLite's errors travel as exceptions to the Store, which maps them.
#pragma once

#include <memory>

#include <crewship/domain/model.hpp>
#include <crewship/store/page.hpp>
#include <crewship/store/store.hpp>

namespace crewship {

void insert_deployment(Tx& tx, const Deployment& deployment);
std::optional<Deployment> find_deployment(Tx& tx, const DeploymentId& id);  // not the deleted ones
Page<Deployment> list_deployments(Tx& tx, const PageRequest& page);
bool rename_deployment(Tx& tx, const DeploymentId& id, std::string_view name);
// Marks it deleted, forgets its environments, deletes its webhooks (ending their waiting deliveries). Runs and versions
// stay readable. False when there is none.
bool delete_deployment(Tx& tx, const DeploymentId& id, WallTime now);

// Gives the version the next number of its deployment and returns it.
std::int64_t insert_version(Tx& tx, Version version);
std::optional<Version> find_version(Tx& tx, const VersionId& id);
Page<Version> list_versions(Tx& tx, const DeploymentId& deployment, const PageRequest& page);

void set_environment(Tx& tx, const DeploymentId& deployment, Environment environment, const VersionId& version,
                     WallTime now);
bool clear_environment(Tx& tx, const DeploymentId& deployment, Environment environment);
std::vector<EnvironmentPointer> list_environments(Tx& tx, const DeploymentId& deployment);
std::shared_ptr<const Version> live_version(Tx& tx, const DeploymentId& deployment, Environment environment);

}  // namespace crewship
