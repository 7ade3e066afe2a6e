#include "demo.hpp"

#include <cstdio>
#include <utility>

#include <crewship/api/api.hpp>
#include <crewship/delivery/signing.hpp>
#include <crewship/store/deployments.hpp>
#include <crewship/store/webhooks.hpp>

#include "receiver.hpp"

namespace crewship {
namespace {

constexpr std::string_view demo_name = "demo";

// A real program: reads the input from stdin, tells what it does on stderr, prints one JSON object.
constexpr std::string_view demo_script = R"(input=$(cat)
echo "working on $CREWSHIP_RUN_ID in $CREWSHIP_ENVIRONMENT" >&2
printf '{"greeting":"Hello from version %s","received":%s}' "$CREWSHIP_VERSION_NUMBER" "$input")";

std::optional<Deployment> find_demo(Tx& tx) {
  PageRequest page{.limit = 100};
  while (true) {
    Page<Deployment> deployments = list_deployments(tx, page);
    for (Deployment& deployment : deployments.rows) {
      if (deployment.name == demo_name) return std::move(deployment);
    }
    if (!deployments.next) return std::nullopt;
    page.after = deployments.next;
  }
}

}  // namespace

Demo::Demo(Executor executor, Store& store, Clock& clock, Random& random, IdGenerator& ids)
    : store_(store),
      clock_(clock),
      random_(random),
      ids_(ids),
      receiver_(std::move(executor), clock, ids, ServerLimits{},
                [this](Request& request) { return make_receiver(clock_, receiver_options_)(request); }) {}

Demo::~Demo() = default;

Task<Result<>> Demo::start() {
  std::string secret = make_signing_secret(random_);
  receiver_options_ = std::make_shared<ReceiverOptions>(
      ReceiverOptions{.secret = secret, .answer_status = 200, .print = print_to_screen});
  if (auto listening = receiver_.listen({.host = "127.0.0.1", .port = 0}, std::nullopt); !listening)
    co_return listening;
  const auto port = receiver_.local_endpoints().front().port();
  co_return co_await make_rows("http://127.0.0.1:" + std::to_string(port) + "/demo-receiver", std::move(secret));
}

Task<Result<>> Demo::make_rows(std::string receiver_url, std::string secret) {
  auto token = co_await store_.write([&](Tx& tx) -> Result<std::string> {
    const WallTime now = clock_.now();
    auto deployment = find_demo(tx);
    if (!deployment) {
      deployment = Deployment{.id = ids_.make<DeploymentId>(), .name = std::string(demo_name), .created_at = now};
      insert_deployment(tx, *deployment);
    }
    if (!live_version(tx, deployment->id, Environment::production)) {
      const Version version{
          .id = ids_.make<VersionId>(),
          .deployment_id = deployment->id,
          .runner = CommandRunner{.command = {"sh", "-c", std::string(demo_script)}, .working_dir = {}},
          .env = {},
          .time_limit = std::nullopt,
          .limits = {},
          .created_at = now};
      insert_version(tx, version);
      set_environment(tx, deployment->id, Environment::production, version.id, now);
    }

    const auto outgoing = list_outgoing_webhooks(tx, deployment->id, {.limit = 100});
    const OutgoingWebhook* receiver = nullptr;
    for (const auto& webhook : outgoing.rows) {
      if (webhook.name == demo_name) receiver = &webhook;
    }
    if (receiver == nullptr) {
      const OutgoingWebhook webhook{.id = ids_.make<OutgoingWebhookId>(),
                                    .deployment_id = deployment->id,
                                    .name = std::string(demo_name),
                                    .url = receiver_url,
                                    .events = {EventType::run_succeeded, EventType::run_failed},
                                    .headers = {},
                                    .created_at = now};
      insert_outgoing_webhook(tx, webhook, secret);
    } else {
      // The receiver's port is another one at every start.
      update_outgoing_webhook(tx, receiver->id,
                              {.name = {}, .url = receiver_url, .events = {}, .headers = {}, .enabled = {}}, now);
      replace_outgoing_webhook_secret(tx, receiver->id, secret);
    }

    const auto incoming = list_incoming_webhooks(tx, deployment->id, {.limit = 100});
    for (const auto& webhook : incoming.rows) {
      if (webhook.name == demo_name && webhook.enabled) return incoming_webhook_token(tx, webhook.id);
    }
    const IncomingWebhook webhook{.id = ids_.make<IncomingWebhookId>(),
                                  .deployment_id = deployment->id,
                                  .name = std::string(demo_name),
                                  .created_at = now};
    std::string made = make_webhook_token(random_);
    insert_incoming_webhook(tx, webhook, made);
    return made;
  });
  if (!token) co_return std::unexpected(token.error());
  token_ = *std::move(token);
  co_return Result<>{};
}

std::string Demo::welcome(const std::string& public_url, const std::string& admin_url,
                          const std::string& admin_key_hint) const {
  return "\ncrewshipd is ready. Trigger a run of the demo deployment from another terminal:\n\n"
         "  curl -X POST \"" +
         public_url + "/webhooks/runs/" + token_ +
         "\" \\\n"
         "    -H \"Content-Type: application/json\" -d '{\"topic\": \"AI agents\", \"year\": \"2025\"}'\n\n"
         "What the run delivers appears here, with its signature checked.\n\n"
         "  Console    " +
         admin_url +
         "/console\n"
         "  API        " +
         admin_url +
         "/v1\n"
         "  Admin key  " +
         admin_key_hint + "\n\n";
}

Task<void> Demo::stop() { co_await receiver_.stop(std::chrono::seconds(1)); }

}  // namespace crewship
