// The dispatcher with a real store and a sender that answers as the test says; only time stands still.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>

#include <crewship/delivery/dispatcher.hpp>
#include <crewship/store/webhooks.hpp>

#include "unit/store/store_fixture.hpp"

namespace crewship {

inline AttemptOutcome answered(int status) {
  AttemptOutcome outcome;
  outcome.response_status = status;
  outcome.duration = 7ms;
  return outcome;
}

// Each request is kept; it is answered at once by `answer`, or held until the test answers it.
class ScriptedSender final : public Sender {
 public:
  explicit ScriptedSender(Executor executor) : executor_(std::move(executor)) {}

  struct Request {
    ClaimedDelivery claimed;
    std::unique_ptr<Timer> bell;  // of the system's clock, so that the test's own shows only the dispatcher's waits
    std::optional<AttemptOutcome> outcome{};
    bool over = false;
  };

  Task<AttemptOutcome> send(const ClaimedDelivery& delivery) override {
    Request& request = requests.emplace_back(Request{delivery, clock_.make_timer(executor_)});
    const Over over{request.over};
    if (!holds(delivery)) co_return answer(delivery);
    co_await request.bell->wait(std::chrono::nanoseconds::max());
    co_return *request.outcome;
  }
  void finish(Request& request, AttemptOutcome outcome) {
    request.outcome = std::move(outcome);
    request.bell->wake();
  }
  std::size_t sent_to(const OutgoingWebhookId& webhook) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        requests, [&](const Request& request) { return request.claimed.delivery.outgoing_webhook_id == webhook; }));
  }
  std::size_t open() const { return static_cast<std::size_t>(std::ranges::count(requests, false, &Request::over)); }

  std::function<AttemptOutcome(const ClaimedDelivery&)> answer = [](const ClaimedDelivery&) { return answered(200); };
  std::function<bool(const ClaimedDelivery&)> holds = [](const ClaimedDelivery&) { return false; };
  std::deque<Request> requests;

 private:
  struct Over {
    bool& over;
    ~Over() { over = true; }
  };
  Executor executor_;
  SystemClock clock_;
};

class DispatcherTest : public OpenStoreTest {
 protected:
  static constexpr std::chrono::nanoseconds idle = std::chrono::days(365);
  static constexpr std::uint64_t jitter_seed = 7;

  void SetUp() override {
    OpenStoreTest::SetUp();
    webhook = add_outgoing_webhook(deployment);
    options.retry.schedule = {5s, 5min, 30min, 2h, 5h, 10h, 10h};
  }
  void TearDown() override {
    stop(0s);
    dispatcher.reset();
    close();
    EXPECT_TRUE(loop.idle()) << "work was left on the loop";
    EXPECT_THAT(failures, testing::IsEmpty());
  }

  void start() {
    dispatcher = std::make_unique<Dispatcher>(
        loop.executor(), *store, clock, jitter, ids, sender, changes, options,
        [this](std::string_view task, const std::exception_ptr&) { failures.emplace_back(task); });
    const auto started = loop.run(dispatcher->start());
    ASSERT_TRUE(started) << started.error().message;
    settle();
  }
  void stop(std::chrono::milliseconds grace) {
    if (dispatcher) loop.run(dispatcher->stop(grace));
  }
  // Lets everything happen that can without time passing: each round waits for what is queued for the database.
  void settle() {
    for (int round = 0; round < 5; ++round) {
      write([](Tx&) {});
      loop.poll();
    }
  }
  void advance(std::chrono::nanoseconds duration) {
    clock.advance(duration);
    settle();
  }
  void wake(const OutgoingWebhookId& which) { dispatcher->deliveries_due(std::array{which}); }
  void wake() { wake(webhook); }
  // A delivery of which the dispatcher hears.
  DeliveryId new_due_delivery() {
    const auto id = add_delivery(webhook);
    wake();
    return id;
  }
  void hold_all() {
    sender.holds = [](const ClaimedDelivery&) { return true; };
  }
  void hold_none() {
    sender.holds = [](const ClaimedDelivery&) { return false; };
  }
  void finish(std::size_t request, int status) {
    sender.finish(sender.requests.at(request), answered(status));
    settle();
  }
  std::size_t sent() const { return sender.requests.size(); }
  DeliveryStatus status(const DeliveryId& id) { return delivery(id).status; }
  void set_enabled(bool enabled) {
    OutgoingWebhookPatch patch;
    patch.enabled = enabled;
    write([&](Tx& tx) { update_outgoing_webhook(tx, webhook, patch, clock.now()); });
  }

  OutgoingWebhookId webhook;
  FixedRandom jitter{jitter_seed};
  ScriptedSender sender{loop.executor()};
  ChangeFeed changes{loop.executor(), clock, 1048576};
  DispatcherOptions options;
  std::vector<std::string> failures;
  std::unique_ptr<Dispatcher> dispatcher;
};

}  // namespace crewship
