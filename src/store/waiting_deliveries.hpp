// How the deliveries that wait for a webhook end when it takes no more.
#pragma once

#include <string_view>

#include <crewship/base/ids.hpp>

#include "tx.hpp"

namespace crewship {

// All that wait for this webhook become failed ("webhook disabled"). Those in flight end by their outcome.
void end_waiting_deliveries(Tx& tx, const OutgoingWebhookId& webhook, WallTime now);

}  // namespace crewship
