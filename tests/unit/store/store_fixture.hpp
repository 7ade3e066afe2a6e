// A store on a real file in a folder of its own, with a loop to wait on, and makers of the rows that most tests need.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include <crewship/base/ids.hpp>
#include <crewship/domain/delivery.hpp>
#include <crewship/store/deliveries.hpp>
#include <crewship/store/deployments.hpp>
#include <crewship/store/run_events.hpp>
#include <crewship/store/runs.hpp>
#include <crewship/store/store.hpp>
#include <crewship/store/webhooks.hpp>

#include "support/fake_clock.hpp"
#include "support/fixed_random.hpp"
#include "support/log_capture.hpp"
#include "support/run_loop.hpp"
#include "support/temp_dir.hpp"

namespace crewship {

using namespace std::chrono_literals;

class StoreTest : public testing::Test {
 protected:
  void open() {
    auto opened = try_open();
    ASSERT_TRUE(opened) << opened.error().message;
    store = *std::move(opened);
  }
  Result<std::unique_ptr<Store>> try_open() {
    StoreOptions options;
    options.data_dir = data_dir;
    options.master_key_file = master_key_file;
    options.max_queued_writes = max_queued_writes;
    options.on_fatal = [this](Error error) { fatal_errors.push_back(std::move(error)); };
    return Store::open(std::move(options), loop.executor(), clock, random);
  }
  void close() { store.reset(); }
  void reopen() {
    close();
    open();
  }

  // Runs fn(Tx&), which returns a plain value or nothing, and gives the value; an error of the store fails the test.
  template <class F>
  std::invoke_result_t<F&, Tx&> write(F fn, Undo undo = Undo::itself) {
    return value_of(loop.run(store->write(as_job(std::move(fn)), undo)));
  }
  template <class F>
  std::invoke_result_t<F&, Tx&> read(F fn) {
    return value_of(loop.run(store->read(as_job(std::move(fn)))));
  }

  DeploymentId add_deployment() {
    Deployment deployment{ids.make<DeploymentId>(), "crew", clock.now()};
    write([&](Tx& tx) { insert_deployment(tx, deployment); });
    return deployment.id;
  }
  VersionId add_version(const DeploymentId& deployment) {
    Version version;
    version.id = ids.make<VersionId>();
    version.deployment_id = deployment;
    version.runner = BuiltinRunner{"echo"};
    version.created_at = clock.now();
    write([&](Tx& tx) { insert_version(tx, version); });
    return version.id;
  }
  OutgoingWebhook new_outgoing_webhook(const DeploymentId& deployment) {
    OutgoingWebhook webhook;
    webhook.id = ids.make<OutgoingWebhookId>();
    webhook.deployment_id = deployment;
    webhook.name = "receiver";
    webhook.url = "https://example.com/hook";
    webhook.events = {EventType::run_succeeded, EventType::run_failed};
    webhook.created_at = clock.now();
    return webhook;
  }
  OutgoingWebhookId add_outgoing_webhook(const DeploymentId& deployment) {
    const OutgoingWebhook webhook = new_outgoing_webhook(deployment);
    write([&](Tx& tx) { insert_outgoing_webhook(tx, webhook, "whsec_secret"); });
    return webhook.id;
  }
  crewship::Run new_run(const DeploymentId& deployment, const VersionId& version) {
    crewship::Run run;
    run.id = ids.make<RunId>();
    run.deployment_id = deployment;
    run.version_id = version;
    run.version_number = 1;
    run.created_at = clock.now();
    return run;
  }
  Delivery new_delivery(const OutgoingWebhookId& webhook, std::optional<WallTime> due = std::nullopt) {
    Delivery delivery;
    delivery.id = ids.make<DeliveryId>();
    delivery.outgoing_webhook_id = webhook;
    delivery.body = R"({"event":"run.succeeded"})";
    delivery.created_at = clock.now();
    delivery.next_attempt_at = due.value_or(clock.now());
    return delivery;
  }
  DeliveryId add_delivery(const OutgoingWebhookId& webhook, std::optional<WallTime> due = std::nullopt) {
    const Delivery delivery = new_delivery(webhook, due);
    write([&](Tx& tx) { insert_delivery(tx, delivery); });
    return delivery.id;
  }
  ClaimResult claim(const OutgoingWebhookId& webhook, std::size_t limit = 100) {
    const std::vector<ClaimRequest> requests{{webhook, limit}};
    return write(
        [&](Tx& tx) { return claim_due_deliveries(tx, requests, clock.now(), [&] { return ids.make<AttemptId>(); }); },
        Undo::group);
  }
  Delivery delivery(const DeliveryId& id) {
    return read([&](Tx& tx) { return find_delivery(tx, id).value(); });
  }
  std::vector<Attempt> attempts(const DeliveryId& id) {
    return read([&](Tx& tx) { return list_attempts(tx, id); });
  }
  // The attempt ends without an answer and the delivery goes on as `next` says.
  Delivery record(Attempt attempt, NextStep next) {
    attempt.status = next.status == DeliveryStatus::succeeded ? AttemptStatus::succeeded : AttemptStatus::failed;
    attempt.duration = 5ms;
    return write(
        [&](Tx& tx) { return record_attempt(tx, attempt, [&](const Delivery&, bool) { return next; }, clock.now()); },
        Undo::group);
  }
  NextStep succeeded() { return {DeliveryStatus::succeeded, 0, {}, {}, {}}; }
  NextStep failed() { return {DeliveryStatus::failed, 7, {}, "connection refused", "connection refused"}; }
  NextStep retry(std::chrono::milliseconds after, std::int64_t step = 1) {
    return {DeliveryStatus::pending, step, clock.now() + after, "connection refused", {}};
  }

  TempDir dir;
  std::filesystem::path data_dir = dir / "data";
  std::filesystem::path master_key_file;
  std::size_t max_queued_writes = 8192;
  RunLoop loop;
  FakeClock clock;
  FixedRandom random;
  IdGenerator ids{clock, random};
  LogCapture log;
  std::vector<Error> fatal_errors;
  std::unique_ptr<Store> store;

 private:
  template <class F>
  static auto as_job(F fn) {
    using T = std::invoke_result_t<F&, Tx&>;
    return [fn = std::move(fn)](Tx& tx) mutable -> Result<T> {
      if constexpr (std::is_void_v<T>) {
        fn(tx);
        return {};
      } else {
        return fn(tx);
      }
    };
  }
  template <class T>
  static T value_of(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().code + ": " + result.error().message);
    if constexpr (!std::is_void_v<T>) return *std::move(result);
  }
};

// The same, with the store open and a deployment in it.
class OpenStoreTest : public StoreTest {
 protected:
  void SetUp() override {
    open();
    deployment = add_deployment();
    version = add_version(deployment);
  }
  DeploymentId deployment;
  VersionId version;
};

}  // namespace crewship
