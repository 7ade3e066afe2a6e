#include <gmock/gmock.h>

#include <crewship/base/crypto.hpp>

#include "store_fixture.hpp"

namespace crewship {
namespace {

using testing::ElementsAre;

class IncomingWebhooks : public OpenStoreTest {
 protected:
  IncomingWebhook add(std::string name, std::string_view token) {
    IncomingWebhook webhook;
    webhook.id = ids.make<IncomingWebhookId>();
    webhook.deployment_id = deployment;
    webhook.name = std::move(name);
    webhook.environment = Environment::staging;
    webhook.created_at = clock.now();
    write([&](Tx& tx) { insert_incoming_webhook(tx, webhook, token); });
    return webhook;
  }
  std::optional<IncomingWebhook> by_token(std::string_view token) {
    const std::string hash = sha256(token);
    return read([&](Tx& tx) { return find_incoming_webhook_by_token(tx, hash); });
  }
};

TEST_F(IncomingWebhooks, AreFoundByTheirToken) {
  const IncomingWebhook webhook = add("github", "token-1");
  add("cron", "token-2");
  const auto found = by_token("token-1");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, webhook.id);
  EXPECT_EQ(found->deployment_id, deployment);
  EXPECT_EQ(found->name, "github");
  EXPECT_EQ(found->environment, Environment::staging);
  EXPECT_TRUE(found->enabled);
  EXPECT_EQ(found->created_at, webhook.created_at);
  EXPECT_FALSE(by_token("token-3"));
  EXPECT_EQ(read([&](Tx& tx) { return incoming_webhook_token(tx, webhook.id); }), "token-1");
}

TEST_F(IncomingWebhooks, APatchChangesOnlyWhatItNames) {
  const IncomingWebhookId id = add("github", "token").id;
  EXPECT_TRUE(write([&](Tx& tx) { return update_incoming_webhook(tx, id, {.name = "gitlab", .enabled = {}}); }));
  EXPECT_TRUE(by_token("token")->enabled);
  EXPECT_TRUE(write([&](Tx& tx) { return update_incoming_webhook(tx, id, {.name = {}, .enabled = false}); }));
  EXPECT_EQ(by_token("token")->name, "gitlab");
  EXPECT_FALSE(by_token("token")->enabled) << "a disabled one is still known";
}

TEST_F(IncomingWebhooks, ANewTokenReplacesTheOldAtOnce) {
  const IncomingWebhookId id = add("github", "old").id;
  EXPECT_TRUE(write([&](Tx& tx) { return replace_incoming_webhook_token(tx, id, "new"); }));
  EXPECT_FALSE(by_token("old"));
  EXPECT_EQ(by_token("new")->id, id);
  EXPECT_EQ(read([&](Tx& tx) { return incoming_webhook_token(tx, id); }), "new");
}

TEST_F(IncomingWebhooks, ADeletedOneIsUnknown) {
  const IncomingWebhookId id = add("github", "token").id;
  const IncomingWebhookId kept = add("cron", "other").id;
  EXPECT_TRUE(write([&](Tx& tx) { return delete_incoming_webhook(tx, id, clock.now()); }));
  EXPECT_FALSE(write([&](Tx& tx) { return delete_incoming_webhook(tx, id, clock.now()); }));
  EXPECT_FALSE(by_token("token"));
  EXPECT_FALSE(read([&](Tx& tx) { return find_incoming_webhook(tx, id); }));
  EXPECT_FALSE(write([&](Tx& tx) { return update_incoming_webhook(tx, id, {.name = "x", .enabled = {}}); }));
  EXPECT_FALSE(write([&](Tx& tx) { return replace_incoming_webhook_token(tx, id, "new"); }));
  const auto page = read([&](Tx& tx) { return list_incoming_webhooks(tx, deployment, {}); });
  ASSERT_EQ(page.rows.size(), 1u);
  EXPECT_EQ(page.rows[0].id, kept);
}

class OutgoingWebhooks : public OpenStoreTest {
 protected:
  OutgoingWebhook find(const OutgoingWebhookId& id) {
    return read([&](Tx& tx) { return find_outgoing_webhook(tx, id).value(); });
  }
};

TEST_F(OutgoingWebhooks, AreFoundAsTheyWereMade) {
  OutgoingWebhook webhook = new_outgoing_webhook(deployment);
  webhook.environment = Environment::staging;
  webhook.events = {EventType::run_failed};
  webhook.headers = {{"X-Team", "a"}, {"X-Team", "b"}};
  webhook.enabled = false;
  write([&](Tx& tx) { insert_outgoing_webhook(tx, webhook, "whsec_1"); });
  const OutgoingWebhook found = find(webhook.id);
  EXPECT_EQ(found.deployment_id, deployment);
  EXPECT_EQ(found.name, webhook.name);
  EXPECT_EQ(found.environment, Environment::staging);
  EXPECT_EQ(found.url, webhook.url);
  EXPECT_EQ(found.events, webhook.events);
  EXPECT_EQ(found.headers, webhook.headers);
  EXPECT_FALSE(found.enabled);
  EXPECT_EQ(found.created_at, webhook.created_at);
}

TEST_F(OutgoingWebhooks, APatchChangesOnlyWhatItNames) {
  OutgoingWebhook webhook = new_outgoing_webhook(deployment);
  webhook.headers = {{"X-Team", "a"}};
  write([&](Tx& tx) { insert_outgoing_webhook(tx, webhook, "whsec_1"); });
  OutgoingWebhookPatch patch;
  patch.url = "https://example.org/";
  patch.events = {EventType::run_succeeded};
  EXPECT_TRUE(write([&](Tx& tx) { return update_outgoing_webhook(tx, webhook.id, patch, clock.now()); }));
  EXPECT_EQ(find(webhook.id).url, "https://example.org/");
  EXPECT_THAT(find(webhook.id).events, ElementsAre(EventType::run_succeeded));
  EXPECT_EQ(find(webhook.id).name, "receiver");
  EXPECT_EQ(find(webhook.id).headers, webhook.headers);
  EXPECT_TRUE(find(webhook.id).enabled);

  OutgoingWebhookPatch headers;
  headers.headers.emplace();
  EXPECT_TRUE(write([&](Tx& tx) { return update_outgoing_webhook(tx, webhook.id, headers, clock.now()); }));
  EXPECT_TRUE(find(webhook.id).headers.empty());
}

TEST_F(OutgoingWebhooks, ADeletedOneIsNotFoundAndItsDeliveriesStay) {
  const OutgoingWebhookId id = add_outgoing_webhook(deployment);
  const DeliveryId delivery_id = add_delivery(id);
  EXPECT_TRUE(write([&](Tx& tx) { return delete_outgoing_webhook(tx, id, clock.now()); }));
  EXPECT_FALSE(write([&](Tx& tx) { return delete_outgoing_webhook(tx, id, clock.now()); }));
  EXPECT_FALSE(read([&](Tx& tx) { return find_outgoing_webhook(tx, id); }));
  EXPECT_TRUE(read([&](Tx& tx) { return list_outgoing_webhooks(tx, deployment, {}); }).rows.empty());
  EXPECT_FALSE(write([&](Tx& tx) { return update_outgoing_webhook(tx, id, {}, clock.now()); }));
  EXPECT_FALSE(write([&](Tx& tx) { return replace_outgoing_webhook_secret(tx, id, "whsec_2"); }));
  EXPECT_EQ(delivery(delivery_id).status, DeliveryStatus::failed);
}

TEST_F(OutgoingWebhooks, AreListedNewestFirstInPages) {
  const OutgoingWebhookId first = add_outgoing_webhook(deployment);
  const OutgoingWebhookId second = add_outgoing_webhook(deployment);
  add_outgoing_webhook(add_deployment());
  const auto page = read([&](Tx& tx) { return list_outgoing_webhooks(tx, deployment, {1, std::nullopt}); });
  ASSERT_EQ(page.rows.size(), 1u);
  EXPECT_EQ(page.rows[0].id, second);
  const auto rest = read([&](Tx& tx) { return list_outgoing_webhooks(tx, deployment, {1, page.next}); });
  EXPECT_EQ(rest.rows[0].id, first);
  EXPECT_FALSE(rest.next);
}

}  // namespace
}  // namespace crewship
