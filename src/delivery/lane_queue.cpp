#include "lane_queue.hpp"

#include <algorithm>
#include <limits>

namespace crewship {
namespace {

std::size_t left(std::size_t limit, std::size_t used) { return limit > used ? limit - used : 0; }

}  // namespace

void LaneQueue::set_caps(LaneCaps caps) {
  caps_ = caps;
  for (auto& [webhook, lane] : lanes_) enqueue(webhook, lane);
}

void LaneQueue::due(const OutgoingWebhookId& webhook, WallTime at) {
  Lane& lane = lanes_[webhook];
  if (lane.due && *lane.due <= at) return;
  // In turns_ it stays: it is due already, and earlier changes nothing.
  if (lane.waits) waiting_.erase({*lane.due, webhook});
  lane.waits = false;
  lane.due = at;
  enqueue(webhook, lane);
}

std::vector<ClaimRequest> LaneQueue::take(WallTime now) {
  move_due_lanes_to_turns(now);
  std::vector<ClaimRequest> requests;
  if (unrecorded_ >= caps_.all) return requests;
  while (Turns* const next = next_turns()) {
    const OutgoingWebhookId webhook = next->begin()->second;
    next->erase(next->begin());
    Lane& lane = lanes_.at(webhook);
    lane.turn = 0;
    if (lane.in_flight >= caps_.each) continue;  // the cap was lowered; finished() brings it back
    // With less room than the lanes could use, each gets its share, so that a long backlog does not take all.
    const std::size_t share = std::max<std::size_t>(1, room(kind_of(lane)) / (lanes_in_turn() + 1));
    const std::size_t places = std::min(caps_.each - lane.in_flight, share);
    lane.reserved = true;
    lane.due.reset();
    add_in_flight(lane, places);
    requests.push_back({.outgoing_webhook_id = webhook, .limit = places});
  }
  return requests;
}

void LaneQueue::claimed(const ClaimRequest& request, std::size_t count, std::optional<WallTime> next_due) {
  Lane& lane = lanes_.at(request.outgoing_webhook_id);
  lane.reserved = false;
  remove_in_flight(lane, request.limit - count);
  // due() may have been called during the claim.
  if (next_due && (!lane.due || *next_due < *lane.due)) lane.due = next_due;
  enqueue(request.outgoing_webhook_id, lane);
  drop_if_idle(request.outgoing_webhook_id);
}

void LaneQueue::finished(const OutgoingWebhookId& webhook, bool answered) {
  Lane& lane = lanes_.at(webhook);
  const std::uint64_t turn = lane.turn;
  if (turn > 0) turns(kind_of(lane)).erase({turn, webhook});
  const std::size_t still_in_flight = lane.in_flight - 1;
  remove_in_flight(lane, lane.in_flight);
  lane.health = answered ? Health::well : Health::silent;
  add_in_flight(lane, still_in_flight);
  if (turn > 0) turns(kind_of(lane)).emplace(turn, webhook);
  ++lane.unrecorded;
  ++unrecorded_;
  enqueue(webhook, lane);
}

bool LaneQueue::recorded(const OutgoingWebhookId& webhook) {
  --lanes_.at(webhook).unrecorded;
  drop_if_idle(webhook);
  return unrecorded_-- == caps_.all;
}

std::optional<WallTime> LaneQueue::in_turn_since(WallTime now) {
  move_due_lanes_to_turns(now);
  std::optional<WallTime> since;
  for (const Kind kind : kinds) {
    if (kind.health == Health::silent || turns(kind).empty()) continue;
    const WallTime first = lanes_.at(turns(kind).begin()->second).in_turn_since;
    since = std::min(since.value_or(first), first);
  }
  return since;
}

std::optional<WallTime> LaneQueue::next_due() const {
  if (in_flight_ >= caps_.all || unrecorded_ >= caps_.all) return std::nullopt;
  for (const Kind kind : kinds) {
    if (!turns_[kind.index()].empty() && room(kind) > 0) return WallTime::min();
  }
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

// How many places a lane of this kind may take.
std::size_t LaneQueue::room(Kind kind) const {
  const std::size_t kept = kind.health == Health::well ? caps_.all / 8 : caps_.all / 2;
  std::size_t places = left(caps_.all - kept, in_flight_);
  if (!kind.holds_places && places == 0 && in_flight_ < caps_.all) places = 1;
  if (kind.health != Health::silent) return places;
  return std::min(places, left(std::max<std::size_t>(1, caps_.all / 2), silent_in_flight_));
}

// Where the lane waits whose turn it is, of those that may take a place.
LaneQueue::Turns* LaneQueue::next_turns() {
  Turns* next = nullptr;
  for (const Kind kind : kinds) {
    Turns& candidates = turns(kind);
    if (candidates.empty() || room(kind) == 0) continue;
    if (next == nullptr || candidates.begin()->first < next->begin()->first) next = &candidates;
  }
  return next;
}

std::size_t LaneQueue::lanes_in_turn() const {
  std::size_t lanes = 0;
  for (const Turns& of_a_kind : turns_) lanes += of_a_kind.size();
  return lanes;
}

// A lane waits for its turn only when it has something due, a free place, and no claim under way.
void LaneQueue::enqueue(const OutgoingWebhookId& webhook, Lane& lane) {
  if (lane.waits || lane.turn > 0 || lane.reserved || !lane.due || lane.in_flight >= caps_.each) return;
  waiting_.emplace(*lane.due, webhook);
  lane.waits = true;
}

void LaneQueue::add_in_flight(Lane& lane, std::size_t count) {
  lane.in_flight += count;
  in_flight_ += count;
  if (lane.health == Health::silent) silent_in_flight_ += count;
}

void LaneQueue::remove_in_flight(Lane& lane, std::size_t count) {
  lane.in_flight -= count;
  in_flight_ -= count;
  if (lane.health == Health::silent) silent_in_flight_ -= count;
}

void LaneQueue::drop_if_idle(const OutgoingWebhookId& webhook) {
  const auto found = lanes_.find(webhook);
  const Lane& lane = found->second;
  if (lane.in_flight == 0 && lane.unrecorded == 0 && !lane.due && !lane.reserved) lanes_.erase(found);
}

void LaneQueue::move_due_lanes_to_turns(WallTime now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    const OutgoingWebhookId webhook = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    Lane& lane = lanes_.at(webhook);
    lane.waits = false;
    lane.turn = ++last_turn_;
    lane.in_turn_since = now;
    turns(kind_of(lane)).emplace(lane.turn, webhook);
  }
}

}  // namespace crewship
