// The deliveries that wait: each has a row in the order in which they are taken, and the same time in its own row.
#pragma once

#include <crewship/base/clock.hpp>
#include <crewship/base/ids.hpp>

#include "tx.hpp"

namespace crewship {

// Where a delivery stands among those that wait for its webhook: first attempts before retries, the earliest first.
struct WaitingPlace {
  const OutgoingWebhookId& outgoing_webhook_id;
  bool is_retry = false;
  WallTime due;
};
void insert_waiting(Tx& tx, const WaitingPlace& place, const DeliveryId& id);
void remove_waiting(Tx& tx, const WaitingPlace& place, const DeliveryId& id);

// All that wait for this webhook become failed ("webhook disabled"). Those in flight end by their outcome.
void end_waiting_deliveries(Tx& tx, const OutgoingWebhookId& webhook, WallTime now);

}  // namespace crewship
