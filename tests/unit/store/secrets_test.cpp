// Secrets at rest: nothing in the clear in the file or its log, and a ciphertext opens in its own row only.
#include <gmock/gmock.h>

#include <crewship/base/crypto.hpp>

#include "raw_database.hpp"
#include "store_fixture.hpp"

namespace crewship {
namespace {

class Secrets : public OpenStoreTest {
 protected:
  IncomingWebhookId add_incoming_webhook(std::string_view token) {
    IncomingWebhook webhook;
    webhook.id = ids.make<IncomingWebhookId>();
    webhook.deployment_id = deployment;
    webhook.name = "github";
    webhook.created_at = clock.now();
    write([&](Tx& tx) { insert_incoming_webhook(tx, webhook, token); });
    return webhook.id;
  }
  std::string on_disk() {
    std::string bytes;
    for (const auto& entry : std::filesystem::directory_iterator(data_dir)) bytes += file_content(entry.path());
    return bytes;
  }
};

TEST_F(Secrets, NothingIsInTheClearOnDisk) {
  const IncomingWebhookId incoming = add_incoming_webhook("token-in-the-clear");
  OutgoingWebhook outgoing = new_outgoing_webhook(deployment);
  outgoing.headers = {{"Authorization", "Bearer header-in-the-clear"}};
  Version secret_version;
  secret_version.id = ids.make<VersionId>();
  secret_version.deployment_id = deployment;
  secret_version.runner = CommandRunner{{"python3", "crew.py"}, "/srv"};
  secret_version.env = {{"OPENAI_API_KEY", "env-in-the-clear"}};
  write([&](Tx& tx) {
    insert_outgoing_webhook(tx, outgoing, "secret-in-the-clear");
    insert_version(tx, secret_version);
  });
  write([&](Tx& tx) {
    replace_incoming_webhook_token(tx, incoming, "second-in-the-clear");
    replace_outgoing_webhook_secret(tx, outgoing.id, "third-in-the-clear");
  });

  const std::string with_log = on_disk();
  close();
  const std::string closed = on_disk();
  ASSERT_NE(with_log.find("crew.py"), std::string::npos) << "the search looks at the wrong files";
  ASSERT_NE(closed.find("crew.py"), std::string::npos) << "the search looks at the wrong files";
  EXPECT_EQ(with_log.find("in-the-clear"), std::string::npos);
  EXPECT_EQ(closed.find("in-the-clear"), std::string::npos);

  open();
  EXPECT_EQ(read([&](Tx& tx) { return incoming_webhook_token(tx, incoming); }), "second-in-the-clear");
  EXPECT_EQ(read([&](Tx& tx) { return find_outgoing_webhook(tx, outgoing.id)->headers; }), outgoing.headers);
  EXPECT_EQ(read([&](Tx& tx) { return find_version(tx, secret_version.id)->env; }), secret_version.env);
}

TEST_F(Secrets, ACiphertextMovedToAnotherRowDoesNotOpen) {
  const IncomingWebhookId mine = add_incoming_webhook("token-one");
  const IncomingWebhookId theirs = add_incoming_webhook("token-two");
  RawDatabase(data_dir / "crewship.db")
      .execute("UPDATE incoming_webhooks SET token_sealed = (SELECT token_sealed FROM incoming_webhooks WHERE id = '" +
               theirs.text() + "') WHERE id = '" + mine.text() + "'");
  const auto token =
      loop.run(store->read([&](Tx& tx) -> Result<std::string> { return incoming_webhook_token(tx, mine); }));
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().code, "storage_failed");
  EXPECT_TRUE(log.has_line("does not open", mine.text()));
  EXPECT_EQ(read([&](Tx& tx) { return incoming_webhook_token(tx, theirs); }), "token-two");
}

TEST_F(Secrets, DeletingAWebhookForgetsItsSecrets) {
  const IncomingWebhookId incoming = add_incoming_webhook("token");
  OutgoingWebhook outgoing = new_outgoing_webhook(deployment);
  outgoing.headers = {{"X-Token", "value"}};
  write([&](Tx& tx) { insert_outgoing_webhook(tx, outgoing, "whsec_x"); });
  write([&](Tx& tx) {
    delete_incoming_webhook(tx, incoming, clock.now());
    delete_outgoing_webhook(tx, outgoing.id, clock.now());
  });
  RawDatabase raw(data_dir / "crewship.db");
  EXPECT_THAT(raw.query("SELECT token_sha256, token_sealed FROM incoming_webhooks"), testing::ElementsAre("NULL|NULL"));
  EXPECT_THAT(raw.query("SELECT secret_sealed, headers_sealed FROM outgoing_webhooks"),
              testing::ElementsAre("NULL|NULL"));
}

}  // namespace
}  // namespace crewship
