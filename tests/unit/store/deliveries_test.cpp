#include <algorithm>

#include <gmock/gmock.h>

#include "store_fixture.hpp"

namespace crewship {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class Deliveries : public OpenStoreTest {
 protected:
  std::vector<OutgoingWebhookId> insert_for_run(EventType event, Environment environment, int& bodies) {
    auto run = new_run(deployment, version);
    run.environment = environment;
    const auto made = write([&](Tx& tx) {
      insert_run(tx, run);
      return insert_deliveries_for_run(
          tx, run, event, [&] { return ids.make<DeliveryId>(); },
          [&] {
            ++bodies;
            return std::string(R"({"event":"x"})");
          },
          clock.now());
    });
    std::vector<OutgoingWebhookId> webhooks;
    for (const NewDelivery& row : made) {
      const Delivery found = delivery(row.id);
      EXPECT_EQ(found.outgoing_webhook_id, row.outgoing_webhook_id);
      EXPECT_EQ(found.run_id, run.id);
      EXPECT_EQ(found.event, event);
      EXPECT_EQ(found.status, DeliveryStatus::pending);
      EXPECT_EQ(found.body, R"({"event":"x"})");
      EXPECT_EQ(found.next_attempt_at, clock.now());
      webhooks.push_back(row.outgoing_webhook_id);
    }
    return webhooks;
  }
  OutgoingWebhookId add_webhook(std::vector<EventType> events, Environment environment = Environment::production,
                                bool enabled = true) {
    OutgoingWebhook webhook = new_outgoing_webhook(deployment);
    webhook.events = std::move(events);
    webhook.environment = environment;
    webhook.enabled = enabled;
    write([&](Tx& tx) { insert_outgoing_webhook(tx, webhook, "whsec_1"); });
    return webhook.id;
  }
};

TEST_F(Deliveries, GoToEachWebhookThatSelectedTheEvent) {
  const auto both = add_webhook({EventType::run_succeeded, EventType::run_failed});
  const auto only_failed = add_webhook({EventType::run_failed});
  const auto staging = add_webhook({EventType::run_succeeded}, Environment::staging);
  add_webhook({EventType::run_succeeded}, Environment::production, false);
  const auto deleted = add_webhook({EventType::run_succeeded});
  write([&](Tx& tx) { delete_outgoing_webhook(tx, deleted, clock.now()); });
  add_outgoing_webhook(add_deployment());

  int bodies = 0;
  EXPECT_THAT(insert_for_run(EventType::run_succeeded, Environment::production, bodies), ElementsAre(both));
  EXPECT_THAT(insert_for_run(EventType::run_failed, Environment::production, bodies),
              UnorderedElementsAre(both, only_failed));
  EXPECT_EQ(bodies, 2) << "one body for each event, however many receive it";
  EXPECT_THAT(insert_for_run(EventType::run_succeeded, Environment::staging, bodies), ElementsAre(staging));
  bodies = 0;
  EXPECT_THAT(insert_for_run(EventType::run_failed, Environment::staging, bodies), ElementsAre());
  EXPECT_EQ(bodies, 0);
}

TEST_F(Deliveries, ATestDeliveryHasNoRun) {
  const auto webhook = add_outgoing_webhook(deployment);
  Delivery made = new_delivery(webhook);
  made.event = EventType::webhook_test;
  write([&](Tx& tx) { insert_delivery(tx, made); });
  EXPECT_FALSE(delivery(made.id).run_id);
  EXPECT_EQ(delivery(made.id).event, EventType::webhook_test);
  EXPECT_FALSE(read([&](Tx& tx) { return find_delivery(tx, ids.make<DeliveryId>()); }));
}

TEST_F(Deliveries, AreListedNewestFirstWithAndWithoutAStatus) {
  const auto webhook = add_outgoing_webhook(deployment);
  add_delivery(add_outgoing_webhook(deployment));
  std::vector<DeliveryId> made;
  for (int i = 0; i < 6; ++i) made.push_back(add_delivery(webhook));
  const auto claimed = claim(webhook, 4).claimed;
  record(claimed[0].attempt, succeeded());
  record(claimed[1].attempt, failed());
  record(claimed[2].attempt, failed());
  // Now: succeeded, failed, failed, in flight, waiting, waiting.
  const auto list = [&](std::optional<DeliveryStatus> status) {
    std::vector<DeliveryId> found;
    PageRequest request{2, std::nullopt};
    do {
      const auto page = read([&](Tx& tx) { return list_deliveries(tx, {webhook, status}, request); });
      for (const Delivery& row : page.rows) {
        EXPECT_TRUE(row.body.empty()) << "a list does not read bodies";
        found.push_back(row.id);
      }
      request.after = page.next;
    } while (request.after);
    return found;
  };
  EXPECT_THAT(list(std::nullopt), ElementsAre(made[5], made[4], made[3], made[2], made[1], made[0]));
  EXPECT_THAT(list(DeliveryStatus::pending), ElementsAre(made[5], made[4], made[3]));
  EXPECT_THAT(list(DeliveryStatus::failed), ElementsAre(made[2], made[1]));
  EXPECT_THAT(list(DeliveryStatus::succeeded), ElementsAre(made[0]));
}

// No index knows the event, so a page looks at so many rows only and then hands over a cursor, however few it has
// found.
TEST_F(Deliveries, AreListedByEventInPagesThatEndEarly) {
  const auto webhook = add_outgoing_webhook(deployment);
  std::vector<DeliveryId> tests;
  write([&](Tx& tx) {
    for (int i = 0; i < 4500; ++i) {
      Delivery made = new_delivery(webhook);
      const bool is_test = i < 3 || i == 4400;
      if (is_test) made.event = EventType::webhook_test;
      if (is_test) tests.push_back(made.id);
      insert_delivery(tx, made);
    }
  });
  std::ranges::reverse(tests);
  for (const DeliveryFilter& filter :
       {DeliveryFilter{.event = EventType::webhook_test},
        DeliveryFilter{.outgoing_webhook_id = webhook, .event = EventType::webhook_test},
        DeliveryFilter{.status = DeliveryStatus::pending, .event = EventType::webhook_test}}) {
    for (const std::size_t limit : {1U, 2U, 100U}) {
      std::vector<DeliveryId> found;
      int pages = 0;
      PageRequest request{limit, std::nullopt};
      do {
        const auto page = read([&](Tx& tx) { return list_deliveries(tx, filter, request); });
        ASSERT_LE(page.rows.size(), limit);
        for (const Delivery& row : page.rows) found.push_back(row.id);
        ++pages;
        request.after = page.next;
      } while (request.after && pages < 20);
      EXPECT_EQ(found, tests) << limit;
      EXPECT_GE(pages, 3) << "4,500 rows are more than one page looks at";
    }
  }
}

TEST_F(Deliveries, AreCountedWhileTheyArePending) {
  EXPECT_EQ(read([](Tx& tx) { return delivery_counts(tx); }).waiting, 0);
  EXPECT_FALSE(read([](Tx& tx) { return delivery_counts(tx); }).oldest_waiting_since);
  const auto first = add_outgoing_webhook(deployment);
  const auto second = add_outgoing_webhook(deployment);
  add_delivery(first);
  clock.advance(1s);
  const WallTime second_time = clock.now();
  add_delivery(second);
  clock.advance(1s);
  add_delivery(first);
  EXPECT_EQ(read([](Tx& tx) { return delivery_counts(tx); }).waiting, 3);
  record(claim(first, 1).claimed.at(0).attempt, succeeded());
  const auto counts = read([](Tx& tx) { return delivery_counts(tx); });
  EXPECT_EQ(counts.waiting, 2);
  EXPECT_EQ(counts.oldest_waiting_since, second_time);
}

}  // namespace
}  // namespace crewship
