// Which webhooks get a delivery when a run ends: those of the last run of the same deployment and environment, most
// likely. So the dispatcher can be woken when the end is written instead of when it has been: its claim then shares the
// end's commit, a commit less for each run. A guess that is wrong costs a claim that finds nothing. Loop thread.
#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include <crewship/domain/run.hpp>

namespace crewship {

class LikelyWebhooks {
 public:
  std::vector<OutgoingWebhookId> of(const Run& run) const {
    const auto found = webhooks_.find({run.deployment_id, run.environment});
    return found == webhooks_.end() ? std::vector<OutgoingWebhookId>() : found->second;
  }
  void note(const Run& ended, std::vector<OutgoingWebhookId> webhooks) {
    if (webhooks_.size() >= max_places) webhooks_.clear();
    webhooks_[{ended.deployment_id, ended.environment}] = std::move(webhooks);
  }

 private:
  static constexpr std::size_t max_places = 4096;
  std::map<std::pair<DeploymentId, Environment>, std::vector<OutgoingWebhookId>> webhooks_;
};

}  // namespace crewship
