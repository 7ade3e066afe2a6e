// Which webhook's deliveries are claimed next. A lane is one webhook that has waiting or flying deliveries; each has
// its own cap, due lanes take turns, and what is scarce is shared, so that a receiver that hangs holds only its own
// places. Pure: no clock, no I/O. Memory grows with webhooks that have something to send, not with what waits.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include <crewship/base/clock.hpp>
#include <crewship/base/ids.hpp>
#include <crewship/store/deliveries.hpp>

namespace crewship {

struct LaneCaps {
  std::size_t all = 256;
  std::size_t each = 8;
};

class LaneQueue {
 public:
  explicit LaneQueue(LaneCaps caps) : caps_(caps) {}
  void set_caps(LaneCaps caps);

  // Something of this webhook falls due at `at`, or earlier.
  void due(const OutgoingWebhookId& webhook, WallTime at);

  // What to claim now: lanes in turn, each with the number of places that are reserved for it until claimed() is
  // called.
  std::vector<ClaimRequest> take(WallTime now);
  // What became of a reservation: how many were claimed, and when the lane's next one is due, if there is one.
  void claimed(const ClaimRequest& request, std::size_t count, std::optional<WallTime> next_due);
  // One attempt of the webhook is over.
  void finished(const OutgoingWebhookId& webhook);

  // When take() will next have something, as far as is known: none when nothing waits, or only finished() can help.
  std::optional<WallTime> next_due() const;
  // Since when the first of those that are due waits for a place among all; none when none does.
  std::optional<WallTime> in_turn_since(WallTime now);
  std::size_t in_flight() const { return in_flight_; }
  std::size_t lanes() const { return lanes_.size(); }

 private:
  struct Lane {
    std::optional<WallTime> due;  // none: nothing waits
    std::size_t in_flight = 0;    // reservations included
    bool reserved = false;        // between take() and claimed()
    bool queued = false;          // in turns_ or waiting_
  };
  void enqueue(const OutgoingWebhookId& webhook, Lane& lane);
  void dequeue(const OutgoingWebhookId& webhook, Lane& lane);
  void drop_if_idle(const OutgoingWebhookId& webhook);
  void move_due_lanes_to_turns(WallTime now);

  LaneCaps caps_;
  std::size_t in_flight_ = 0;
  std::unordered_map<OutgoingWebhookId, Lane> lanes_;
  std::set<std::pair<WallTime, OutgoingWebhookId>> waiting_;  // lanes with free places, by due time
  std::deque<std::pair<WallTime, OutgoingWebhookId>> turns_;  // those that are due, in turn, and since when
};

}  // namespace crewship
