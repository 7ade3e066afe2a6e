#include <gmock/gmock.h>

#include "store_fixture.hpp"

namespace crewship {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Deployments : public OpenStoreTest {
 protected:
  std::vector<DeploymentId> page(std::size_t limit, std::optional<std::string>& cursor) {
    const auto found = read([&](Tx& tx) { return list_deployments(tx, {limit, cursor}); });
    std::vector<DeploymentId> ids_on_page;
    for (const Deployment& row : found.rows) ids_on_page.push_back(row.id);
    cursor = found.next;
    return ids_on_page;
  }
};

TEST_F(Deployments, AreFoundAndRenamed) {
  EXPECT_TRUE(write([&](Tx& tx) { return rename_deployment(tx, deployment, "new name"); }));
  const auto found = read([&](Tx& tx) { return find_deployment(tx, deployment); });
  EXPECT_EQ(found->name, "new name");
  EXPECT_EQ(found->created_at, clock.now());
  const auto unknown = ids.make<DeploymentId>();
  EXPECT_FALSE(read([&](Tx& tx) { return find_deployment(tx, unknown); }));
  EXPECT_FALSE(write([&](Tx& tx) { return rename_deployment(tx, unknown, "x"); }));
}

TEST_F(Deployments, AreListedNewestFirstInPages) {
  const DeploymentId second = add_deployment();
  const DeploymentId third = add_deployment();
  std::optional<std::string> cursor;
  EXPECT_THAT(page(2, cursor), ElementsAre(third, second));
  ASSERT_TRUE(cursor);
  EXPECT_THAT(page(2, cursor), ElementsAre(deployment));
  EXPECT_FALSE(cursor);
  EXPECT_THAT(page(3, cursor), ElementsAre(third, second, deployment));
  EXPECT_FALSE(cursor) << "a full last page has no next one";
}

TEST_F(Deployments, ADeletedOneIsGoneWithItsWebhooks) {
  const OutgoingWebhookId outgoing = add_outgoing_webhook(deployment);
  IncomingWebhook incoming;
  incoming.id = ids.make<IncomingWebhookId>();
  incoming.deployment_id = deployment;
  incoming.name = "github";
  write([&](Tx& tx) {
    insert_incoming_webhook(tx, incoming, "token");
    set_environment(tx, deployment, Environment::production, version, clock.now());
  });
  const DeliveryId waiting = add_delivery(outgoing);
  const auto run = new_run(deployment, version);
  write([&](Tx& tx) { insert_run(tx, run); });

  EXPECT_TRUE(write([&](Tx& tx) { return delete_deployment(tx, deployment, clock.now()); }));
  EXPECT_FALSE(write([&](Tx& tx) { return delete_deployment(tx, deployment, clock.now()); }));
  read([&](Tx& tx) {
    EXPECT_FALSE(find_deployment(tx, deployment));
    EXPECT_THAT(list_deployments(tx, {}).rows, IsEmpty());
    EXPECT_FALSE(live_version(tx, deployment, Environment::production));
    EXPECT_FALSE(find_incoming_webhook(tx, incoming.id));
    EXPECT_FALSE(find_incoming_webhook_by_token(tx, sha256("token")));
    EXPECT_FALSE(find_outgoing_webhook(tx, outgoing));
    EXPECT_TRUE(find_run(tx, run.id)) << "past runs stay readable";
    EXPECT_TRUE(find_version(tx, version));
    EXPECT_EQ(find_delivery(tx, waiting)->status, DeliveryStatus::failed);
    EXPECT_EQ(find_delivery(tx, waiting)->error, "webhook disabled");
  });
  EXPECT_FALSE(write([&](Tx& tx) { return rename_deployment(tx, deployment, "x"); }));
}

TEST_F(Deployments, VersionsAreNumberedWithinTheirDeployment) {
  const DeploymentId other = add_deployment();
  Version command;
  command.id = ids.make<VersionId>();
  command.deployment_id = deployment;
  command.runner = CommandRunner{{"python3", "", "two words", "ünï"}, "/srv/crew"};
  command.env = {{"A", "1"}, {"B", ""}};
  command.time_limit = 90s;
  command.limits = {.memory_bytes = std::int64_t{1} << 40, .cpu_seconds = 2, .open_files = 3, .processes = 4};
  command.created_at = clock.now();
  EXPECT_EQ(write([&](Tx& tx) { return insert_version(tx, command); }), 2);
  const VersionId first_of_other = add_version(other);

  const auto found = read([&](Tx& tx) { return find_version(tx, command.id); });
  EXPECT_EQ(found->number, 2);
  EXPECT_EQ(found->deployment_id, deployment);
  EXPECT_EQ(found->runner, command.runner);
  EXPECT_EQ(found->env, command.env);
  EXPECT_EQ(found->time_limit, 90s);
  EXPECT_EQ(found->limits, command.limits);
  EXPECT_EQ(found->created_at, command.created_at);
  const auto builtin = read([&](Tx& tx) { return find_version(tx, first_of_other); });
  EXPECT_EQ(builtin->number, 1);
  EXPECT_EQ(builtin->runner, RunnerSpec(BuiltinRunner{"echo"}));
  EXPECT_FALSE(builtin->time_limit);
  EXPECT_EQ(builtin->limits, ResourceLimits{});
}

TEST_F(Deployments, VersionsAreListedNewestFirstByNumber) {
  for (int i = 2; i <= 11; ++i) add_version(deployment);
  const auto first = read([&](Tx& tx) { return list_versions(tx, deployment, {10, std::nullopt}); });
  ASSERT_EQ(first.rows.size(), 10u);
  EXPECT_EQ(first.rows.front().number, 11);
  EXPECT_EQ(first.next, "2");
  const auto second = read([&](Tx& tx) { return list_versions(tx, deployment, {10, first.next}); });
  ASSERT_EQ(second.rows.size(), 1u);
  EXPECT_EQ(second.rows[0].id, version);
  EXPECT_FALSE(second.next);
}

TEST_F(Deployments, EnvironmentsPointAtVersions) {
  const VersionId next = add_version(deployment);
  EXPECT_FALSE(read([&](Tx& tx) { return live_version(tx, deployment, Environment::production); }));
  write([&](Tx& tx) {
    set_environment(tx, deployment, Environment::production, version, clock.now());
    set_environment(tx, deployment, Environment::staging, version, clock.now());
  });
  clock.advance(1min);
  write([&](Tx& tx) { set_environment(tx, deployment, Environment::staging, next, clock.now()); });

  const auto pointers = read([&](Tx& tx) { return list_environments(tx, deployment); });
  ASSERT_EQ(pointers.size(), 2u);
  EXPECT_EQ(pointers[0].environment, Environment::production);
  EXPECT_EQ(pointers[0].version_id, version);
  EXPECT_EQ(pointers[1].environment, Environment::staging);
  EXPECT_EQ(pointers[1].version_number, 2);
  EXPECT_EQ(pointers[1].updated_at, clock.now());
  EXPECT_EQ(read([&](Tx& tx) { return live_version(tx, deployment, Environment::staging); })->id, next);

  EXPECT_TRUE(write([&](Tx& tx) { return clear_environment(tx, deployment, Environment::staging); }));
  EXPECT_FALSE(write([&](Tx& tx) { return clear_environment(tx, deployment, Environment::staging); }));
  EXPECT_FALSE(read([&](Tx& tx) { return live_version(tx, deployment, Environment::staging); }));
  EXPECT_TRUE(read([&](Tx& tx) { return live_version(tx, deployment, Environment::production); }));
}

}  // namespace
}  // namespace crewship
