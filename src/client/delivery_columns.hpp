// How a delivery is shown, by the commands of webhooks and of deliveries.
#pragma once

#include <vector>

#include "client.hpp"

namespace crewship {

inline std::vector<Column> delivery_fields() {
  return {{"id", "id"},
          {"status", "status"},
          {"event", "event"},
          {"run", "run_id"},
          {"webhook", "outgoing_webhook_id"},
          {"url", "url"},
          {"error", "error"},
          {"created", "created_at", Show::time},
          {"next attempt", "next_attempt_at", Show::time},
          {"completed", "completed_at", Show::time}};
}

}  // namespace crewship
