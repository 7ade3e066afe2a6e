#include "lane_queue.hpp"

#include <algorithm>

namespace crewship {

void LaneQueue::set_caps(LaneCaps caps) {
  caps_ = caps;
  for (auto& [webhook, lane] : lanes_) enqueue(webhook, lane);
}

void LaneQueue::due(const OutgoingWebhookId& webhook, WallTime at) {
  Lane& lane = lanes_[webhook];
  if (lane.due && *lane.due <= at) return;
  dequeue(webhook, lane);
  lane.due = at;
  enqueue(webhook, lane);
}

std::vector<ClaimRequest> LaneQueue::take(WallTime now) {
  move_due_lanes_to_turns(now);
  std::vector<ClaimRequest> requests;
  std::size_t room = caps_.all > in_flight_ ? caps_.all - in_flight_ : 0;
  // With less room than the lanes could use, each gets its share, so that a long backlog does not take all.
  const std::size_t share = turns_.empty() ? 0 : std::max<std::size_t>(1, room / turns_.size());
  while (room > 0 && !turns_.empty()) {
    const OutgoingWebhookId webhook = std::move(turns_.front().second);
    turns_.pop_front();
    Lane& lane = lanes_.at(webhook);
    lane.queued = false;
    if (lane.in_flight >= caps_.each) continue;  // the cap was lowered; finished() brings it back
    const std::size_t places = std::min({caps_.each - lane.in_flight, share, room});
    lane.reserved = true;
    lane.due.reset();
    lane.in_flight += places;
    in_flight_ += places;
    room -= places;
    requests.push_back({.outgoing_webhook_id = webhook, .limit = places});
  }
  return requests;
}

void LaneQueue::claimed(const ClaimRequest& request, std::size_t count, std::optional<WallTime> next_due) {
  Lane& lane = lanes_.at(request.outgoing_webhook_id);
  lane.reserved = false;
  lane.in_flight -= request.limit - count;
  in_flight_ -= request.limit - count;
  // due() may have been called during the claim.
  if (next_due && (!lane.due || *next_due < *lane.due)) lane.due = next_due;
  enqueue(request.outgoing_webhook_id, lane);
  drop_if_idle(request.outgoing_webhook_id);
}

void LaneQueue::finished(const OutgoingWebhookId& webhook) {
  Lane& lane = lanes_.at(webhook);
  --lane.in_flight;
  --in_flight_;
  enqueue(webhook, lane);
  drop_if_idle(webhook);
}

std::optional<WallTime> LaneQueue::in_turn_since(WallTime now) {
  move_due_lanes_to_turns(now);
  return turns_.empty() ? std::nullopt : std::optional(turns_.front().first);
}

std::optional<WallTime> LaneQueue::next_due() const {
  if (in_flight_ >= caps_.all) return std::nullopt;
  if (!turns_.empty()) return WallTime::min();
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

// A lane waits for its turn only when it has something due, a free place, and no claim under way.
void LaneQueue::enqueue(const OutgoingWebhookId& webhook, Lane& lane) {
  if (lane.queued || lane.reserved || !lane.due || lane.in_flight >= caps_.each) return;
  waiting_.emplace(*lane.due, webhook);
  lane.queued = true;
}

void LaneQueue::dequeue(const OutgoingWebhookId& webhook, Lane& lane) {
  if (!lane.queued) return;
  // In turns_ it stays: it is due already, and earlier changes nothing.
  if (waiting_.erase({*lane.due, webhook}) > 0) lane.queued = false;
}

void LaneQueue::drop_if_idle(const OutgoingWebhookId& webhook) {
  const auto found = lanes_.find(webhook);
  const Lane& lane = found->second;
  if (lane.in_flight == 0 && !lane.due && !lane.reserved) lanes_.erase(found);
}

void LaneQueue::move_due_lanes_to_turns(WallTime now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    turns_.emplace_back(now, waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
  }
}

}  // namespace crewship
