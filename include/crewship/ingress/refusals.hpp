// What the door refused lately, for the overview: one line for each webhook and reason. Bounded, in memory only: what
// is refused costs no disk. Loop thread; owned by Ingress.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <crewship/base/clock.hpp>
#include <crewship/base/ids.hpp>

namespace crewship {

struct Refusal {
  std::optional<IncomingWebhookId> incoming_webhook_id;  // none: no webhook has such a token
  std::string code;
  std::string message;  // of the last one
  WallTime since;       // of the first that was not followed by an hour of quiet
  WallTime last;
  std::int64_t count = 0;
};

class Refusals {
 public:
  static constexpr std::chrono::milliseconds kept = std::chrono::hours(1);
  static constexpr std::size_t max_lines = 256;

  void note(const std::optional<IncomingWebhookId>& webhook, std::string code, std::string message, WallTime now);
  // Those whose last was within the hour, the latest first.
  std::vector<Refusal> recent(WallTime now) const;

 private:
  std::vector<Refusal> lines_;
};

}  // namespace crewship
