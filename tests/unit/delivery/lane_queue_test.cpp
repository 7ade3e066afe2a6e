#include "../../../src/delivery/lane_queue.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace crewship {
namespace {

using namespace std::chrono_literals;

const WallTime now{std::chrono::milliseconds{1'700'000'000'000}};

constexpr bool answered = true;
constexpr bool silent = false;

OutgoingWebhookId webhook(int number) { return OutgoingWebhookId::trusted("owh_" + std::to_string(number)); }

std::map<std::string, std::size_t> limits(const std::vector<ClaimRequest>& requests) {
  std::map<std::string, std::size_t> result;
  for (const auto& request : requests) result[request.outgoing_webhook_id.text()] += request.limit;
  return result;
}

// An attempt ends and is recorded.
void finish(LaneQueue& lanes, const OutgoingWebhookId& webhook, bool was_answered) {
  lanes.finished(webhook, was_answered);
  lanes.recorded(webhook);
}

// Claims all that the queue asks for, as from webhooks with an endless backlog.
std::map<std::string, std::size_t> claim_everything(LaneQueue& lanes) {
  std::map<std::string, std::size_t> total;
  for (auto requests = lanes.take(now); !requests.empty(); requests = lanes.take(now)) {
    for (const auto& request : requests) {
      total[request.outgoing_webhook_id.text()] += request.limit;
      lanes.claimed(request, request.limit, now);
    }
  }
  return total;
}

TEST(LaneQueue, AsksForNothingBeforeItIsDue) {
  LaneQueue lanes({.all = 10, .each = 4});
  EXPECT_FALSE(lanes.next_due());
  lanes.due(webhook(1), now + 5s);
  EXPECT_TRUE(lanes.take(now).empty());
  EXPECT_EQ(lanes.next_due(), now + 5s);
  EXPECT_EQ(limits(lanes.take(now + 5s)), (std::map<std::string, std::size_t>{{"owh_1", 4}}));
}

TEST(LaneQueue, KnowsSinceWhenTheFirstWaitsForAPlaceAmongAll) {
  LaneQueue lanes({.all = 2, .each = 1});
  EXPECT_FALSE(lanes.in_turn_since(now));
  lanes.due(webhook(1), now);
  lanes.due(webhook(4), now);
  for (const auto& request : lanes.take(now)) lanes.claimed(request, 1, now - 1h);
  EXPECT_FALSE(lanes.in_turn_since(now + 1s)) << "they wait for places of their own";
  lanes.due(webhook(2), now + 2s);
  lanes.due(webhook(3), now + 3s);
  EXPECT_FALSE(lanes.in_turn_since(now + 1s)) << "nothing is due";
  EXPECT_EQ(lanes.in_turn_since(now + 2s), now + 2s);
  EXPECT_TRUE(lanes.take(now + 9s).empty());
  EXPECT_EQ(lanes.in_turn_since(now + 9s), now + 2s);
  finish(lanes, webhook(1), answered);
  EXPECT_EQ(limits(lanes.take(now + 10s)), (std::map<std::string, std::size_t>{{"owh_2", 1}}));
  EXPECT_EQ(lanes.in_turn_since(now + 10s), now + 9s) << "the third";
}

TEST(LaneQueue, ThoseThatDoNotAnswerAreNotSaidToWaitForAPlace) {
  LaneQueue lanes({.all = 2, .each = 1});
  for (int i = 1; i <= 2; ++i) lanes.due(webhook(i), now);
  for (const auto& request : lanes.take(now)) lanes.claimed(request, 1, now);
  for (int i = 1; i <= 2; ++i) finish(lanes, webhook(i), silent);
  EXPECT_EQ(lanes.take(now).size(), 1u);
  EXPECT_FALSE(lanes.in_turn_since(now + 1h));
}

TEST(LaneQueue, AnEarlierDueTimeWinsAndALaterOneIsIgnored) {
  LaneQueue lanes({.all = 10, .each = 4});
  lanes.due(webhook(1), now + 5min);
  lanes.due(webhook(1), now + 5s);
  lanes.due(webhook(1), now + 1h);
  EXPECT_EQ(lanes.next_due(), now + 5s);
}

TEST(LaneQueue, OneWebhookNeverHasMoreThanItsCapInFlight) {
  LaneQueue lanes({.all = 100, .each = 8});
  lanes.due(webhook(1), now);
  EXPECT_EQ(claim_everything(lanes)["owh_1"], 8u);
  EXPECT_FALSE(lanes.next_due()) << "only a finished attempt can help";
  finish(lanes, webhook(1), answered);
  EXPECT_EQ(claim_everything(lanes)["owh_1"], 1u);
}

TEST(LaneQueue, TheGlobalCapIsSharedEvenly) {
  LaneQueue lanes({.all = 16, .each = 8});
  for (int i = 1; i <= 4; ++i) lanes.due(webhook(i), now);
  const auto total = claim_everything(lanes);
  for (int i = 1; i <= 4; ++i) EXPECT_EQ(total.at("owh_" + std::to_string(i)), 2u);
  EXPECT_EQ(lanes.in_flight(), 8u) << "the other half is for those that answer or hold no place";
  EXPECT_FALSE(lanes.next_due());
}

TEST(LaneQueue, LanesTakeTurnsWhenPlacesComeFreeOneByOne) {
  LaneQueue lanes({.all = 2, .each = 2});
  for (int i = 1; i <= 3; ++i) lanes.due(webhook(i), now);
  std::vector<OutgoingWebhookId> flying;
  std::map<std::string, int> served;
  for (int step = 0; step < 30; ++step) {
    for (const auto& request : lanes.take(now)) {
      for (std::size_t i = 0; i < request.limit; ++i) flying.push_back(request.outgoing_webhook_id);
      served[request.outgoing_webhook_id.text()] += static_cast<int>(request.limit);
      lanes.claimed(request, request.limit, now);
    }
    const OutgoingWebhookId done = flying.front();
    flying.erase(flying.begin());
    finish(lanes, done, answered);
  }
  EXPECT_NEAR(served["owh_1"], served["owh_2"], 1);
  EXPECT_NEAR(served["owh_2"], served["owh_3"], 1);
}

TEST(LaneQueue, BlackHolesThatHoldTheirPlacesLeaveTheRestToOthers) {
  LaneQueue lanes({.all = 256, .each = 4});
  for (int i = 1; i <= 30; ++i) lanes.due(webhook(i), now);
  claim_everything(lanes);
  EXPECT_EQ(lanes.in_flight(), 120u);
  lanes.due(webhook(99), now);
  EXPECT_EQ(claim_everything(lanes), (std::map<std::string, std::size_t>{{"owh_99", 4}}));
}

TEST(LaneQueue, OneThatHoldsNoPlaceFindsOneBesideMoreBlackHolesThanThereArePlaces) {
  LaneQueue lanes({.all = 256, .each = 8});
  for (int i = 1; i <= 100; ++i) lanes.due(webhook(i), now);
  claim_everything(lanes);
  EXPECT_EQ(lanes.in_flight(), 128u);
  EXPECT_FALSE(lanes.next_due()) << "what is kept for others is nothing to wake up for";
  lanes.due(webhook(999), now);
  EXPECT_EQ(lanes.next_due(), now);
  const auto requests = lanes.take(now);
  EXPECT_EQ(limits(requests), (std::map<std::string, std::size_t>{{"owh_999", 1}}));
  lanes.claimed(requests.front(), 1, now);
  EXPECT_TRUE(lanes.take(now).empty());
  finish(lanes, webhook(999), answered);
  EXPECT_EQ(claim_everything(lanes)["owh_999"], 8u) << "an answer shows that it is well";
}

TEST(LaneQueue, ManyThatWereWellAndHangNowLeaveTheLastPlacesToOthers) {
  LaneQueue lanes({.all = 16, .each = 8});
  for (int i = 1; i <= 3; ++i) lanes.due(webhook(i), now);
  claim_everything(lanes);
  for (int i = 1; i <= 3; ++i) finish(lanes, webhook(i), answered);
  claim_everything(lanes);
  EXPECT_EQ(lanes.in_flight(), 14u);
  lanes.due(webhook(4), now);
  EXPECT_EQ(claim_everything(lanes), (std::map<std::string, std::size_t>{{"owh_4", 1}}));
}

TEST(LaneQueue, ThoseThatDoNotAnswerShareOneHalf) {
  LaneQueue lanes({.all = 16, .each = 2});
  for (int i = 1; i <= 12; ++i) lanes.due(webhook(i), now);
  claim_everything(lanes);
  EXPECT_EQ(lanes.in_flight(), 12u);
  for (int i = 1; i <= 12; ++i) finish(lanes, webhook(i), silent);
  claim_everything(lanes);
  EXPECT_EQ(lanes.in_flight(), 8u);
  EXPECT_FALSE(lanes.next_due());

  finish(lanes, webhook(1), answered);
  finish(lanes, webhook(2), silent);
  EXPECT_EQ(claim_everything(lanes)["owh_1"], 2u) << "an answer ends the silence";
}

TEST(LaneQueue, APlaceIsFreeBeforeTheRecord) {
  LaneQueue lanes({.all = 10, .each = 1});
  lanes.due(webhook(1), now);
  claim_everything(lanes);
  EXPECT_TRUE(lanes.take(now).empty());
  lanes.finished(webhook(1), answered);
  EXPECT_EQ(lanes.in_flight(), 0U);
  EXPECT_EQ(claim_everything(lanes), (std::map<std::string, std::size_t>{{"owh_1", 1}}));
}

TEST(LaneQueue, NothingIsClaimedWhileAsManyAsThereArePlacesAreNotRecorded) {
  LaneQueue lanes({.all = 2, .each = 2});
  lanes.due(webhook(1), now);
  lanes.due(webhook(2), now);
  claim_everything(lanes);
  lanes.finished(webhook(1), answered);
  lanes.finished(webhook(2), answered);
  EXPECT_EQ(lanes.unrecorded(), 2U);
  EXPECT_FALSE(lanes.next_due());
  EXPECT_TRUE(lanes.take(now).empty());
  EXPECT_TRUE(lanes.recorded(webhook(1)));
  EXPECT_FALSE(lanes.take(now).empty());
  EXPECT_FALSE(lanes.recorded(webhook(2)));
}

TEST(LaneQueue, ALaneIsForgottenWhenAllOfItIsRecorded) {
  LaneQueue lanes({.all = 10, .each = 2});
  lanes.due(webhook(1), now);
  const auto requests = lanes.take(now);
  lanes.claimed(requests.at(0), 2, std::nullopt);
  lanes.finished(webhook(1), answered);
  lanes.finished(webhook(1), answered);
  lanes.recorded(webhook(1));
  EXPECT_EQ(lanes.lanes(), 1U);
  lanes.recorded(webhook(1));
  EXPECT_EQ(lanes.lanes(), 0U);
  EXPECT_EQ(lanes.unrecorded(), 0U);
}

// The retry of one that does not answer falls due when the attempt is recorded.
TEST(LaneQueue, OneThatDoesNotAnswerIsRememberedUntilItsRetry) {
  LaneQueue lanes({.all = 16, .each = 8});
  for (int hole = 0; hole < 20; ++hole) lanes.due(webhook(hole), now);
  for (auto requests = lanes.take(now); !requests.empty(); requests = lanes.take(now)) {
    for (const auto& request : requests) {
      lanes.claimed(request, 1, std::nullopt);
      lanes.finished(request.outgoing_webhook_id, silent);
      lanes.due(request.outgoing_webhook_id, now + 5s);
      lanes.recorded(request.outgoing_webhook_id);
    }
  }
  EXPECT_EQ(lanes.lanes(), 20U);
  std::size_t places = 0;
  for (const auto& request : lanes.take(now + 5s)) places += request.limit;
  EXPECT_EQ(places, 8U) << "they share one half";
}

TEST(LaneQueue, PlacesThatAClaimDidNotUseAreGivenBack) {
  LaneQueue lanes({.all = 16, .each = 8});
  lanes.due(webhook(1), now);
  const auto requests = lanes.take(now);
  EXPECT_EQ(lanes.in_flight(), 8u);
  lanes.claimed(requests.front(), 1, std::nullopt);
  EXPECT_EQ(lanes.in_flight(), 1u);
  finish(lanes, webhook(1), answered);
  EXPECT_EQ(lanes.lanes(), 0u) << "a webhook with nothing to send costs no memory";
}

TEST(LaneQueue, WhatFallsDueDuringAClaimIsNotLost) {
  LaneQueue lanes({.all = 16, .each = 8});
  lanes.due(webhook(1), now);
  const auto requests = lanes.take(now);
  lanes.due(webhook(1), now);
  EXPECT_TRUE(lanes.take(now).empty()) << "one claim of a lane at a time";
  lanes.claimed(requests.front(), 1, std::nullopt);
  EXPECT_EQ(limits(lanes.take(now))["owh_1"], 7u);
}

TEST(LaneQueue, ALoweredCapHoldsFromNowOnAndARaisedOneAtOnce) {
  LaneQueue lanes({.all = 20, .each = 4});
  lanes.due(webhook(1), now);
  claim_everything(lanes);
  lanes.set_caps({.all = 20, .each = 6});
  EXPECT_EQ(claim_everything(lanes)["owh_1"], 2u);
  finish(lanes, webhook(1), answered);
  lanes.set_caps({.all = 3, .each = 2});
  EXPECT_TRUE(claim_everything(lanes).empty());
  for (int i = 0; i < 4; ++i) finish(lanes, webhook(1), answered);
  EXPECT_EQ(claim_everything(lanes)["owh_1"], 1u);
}

}  // namespace
}  // namespace crewship
