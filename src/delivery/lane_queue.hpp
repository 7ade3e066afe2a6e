// Which webhook's deliveries are claimed next. A lane is one webhook that has waiting or flying deliveries; each has
// its own cap, due lanes take turns, and what is scarce is shared. Receivers that hang leave places to one that is
// well: the second half of all is for lanes that got an answer lately or hold no place yet, the last eighth only for
// the latter, and lanes whose last attempt got no answer share one half. What cannot be recorded, as on a full disk,
// does not pile up: with as many as there are places nothing more is claimed. Pure: no clock, no I/O. Memory grows with
// webhooks that have something to send, not with what waits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
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
  // One request to the webhook is over, answered or not: its place is free.
  void finished(const OutgoingWebhookId& webhook, bool answered);
  // What came of it is recorded. True when take() has waited for that.
  bool recorded(const OutgoingWebhookId& webhook);

  // When take() will next have something, as far as is known: none when nothing waits, or only finished() or recorded()
  // can help.
  std::optional<WallTime> next_due() const;
  // Since when the first of those that are due waits for a place among all; none when none does. Lanes that do not
  // answer are left out: they wait for one another.
  std::optional<WallTime> in_turn_since(WallTime now);
  std::size_t in_flight() const { return in_flight_; }
  std::size_t unrecorded() const { return unrecorded_; }
  std::size_t lanes() const { return lanes_.size(); }

 private:
  enum class Health : std::uint8_t { unknown, well, silent };  // whether the last attempt got an answer
  struct Lane {
    std::optional<WallTime> due;  // none: nothing waits
    std::size_t in_flight = 0;    // reservations included
    std::size_t unrecorded = 0;   // finished() and not yet recorded()
    Health health = Health::unknown;
    bool reserved = false;     // between take() and claimed()
    bool waits = false;        // in waiting_
    WallTime in_turn_since{};  // when turn is not 0
    std::uint64_t turn = 0;    // its place in turns_; 0: not in it
  };
  using Turns = std::set<std::pair<std::uint64_t, OutgoingWebhookId>>;

  // Lanes of one kind may take places at the same moments.
  struct Kind {
    Health health;
    bool holds_places;
    std::size_t index() const { return static_cast<std::size_t>(health) * 2 + (holds_places ? 1 : 0); }
  };
  static constexpr std::array<Kind, 6> kinds{{{Health::unknown, false},
                                              {Health::unknown, true},
                                              {Health::well, false},
                                              {Health::well, true},
                                              {Health::silent, false},
                                              {Health::silent, true}}};
  static Kind kind_of(const Lane& lane) { return {lane.health, lane.in_flight > 0}; }
  std::size_t room(Kind kind) const;
  Turns& turns(Kind kind) { return turns_[kind.index()]; }
  Turns* next_turns();
  std::size_t lanes_in_turn() const;
  void enqueue(const OutgoingWebhookId& webhook, Lane& lane);
  void add_in_flight(Lane& lane, std::size_t count);
  void remove_in_flight(Lane& lane, std::size_t count);
  void drop_if_idle(const OutgoingWebhookId& webhook);
  void move_due_lanes_to_turns(WallTime now);

  LaneCaps caps_;
  std::size_t in_flight_ = 0;
  std::size_t silent_in_flight_ = 0;  // of lanes that are silent
  std::size_t unrecorded_ = 0;
  std::unordered_map<OutgoingWebhookId, Lane> lanes_;
  std::set<std::pair<WallTime, OutgoingWebhookId>> waiting_;  // lanes with free places, by due time
  std::array<Turns, kinds.size()> turns_;                     // those that are due, by kind, in turn
  std::uint64_t last_turn_ = 0;
};

}  // namespace crewship
