// The two ways a delivery leaves or enters the waiting state outside of an attempt's outcome.
#pragma once

#include <string_view>

#include <crewship/base/ids.hpp>

#include "tx.hpp"

namespace crewship {

// All that wait for this webhook become failed, for this reason. Those in flight end by their outcome.
void end_waiting_deliveries(Tx& tx, const OutgoingWebhookId& webhook, std::string_view reason, WallTime now);

// A pending delivery that is not in flight any more: due at `due`, or ended when its webhook takes no more.
void wait_again(Tx& tx, const DeliveryId& delivery, const OutgoingWebhookId& webhook, WallTime due);

}  // namespace crewship
