// The outbox: deliveries and attempts. Who claims a delivery writes down that an attempt of it is in flight, so that
// what was in flight at a crash is found, marked in doubt, and due again.
#pragma once

#include <memory>
#include <span>

#include <crewship/domain/delivery.hpp>
#include <crewship/store/page.hpp>
#include <crewship/store/store.hpp>

namespace crewship {

void insert_delivery(Tx& tx, const Delivery& delivery);
// One delivery, due at once, for each enabled outgoing webhook of the run's deployment and environment that selected
// the event. `make_id` and `body` are called only when there is at least one; returns the webhooks that got one.
struct NewDelivery {
  DeliveryId id;
  OutgoingWebhookId outgoing_webhook_id;
};
std::vector<NewDelivery> insert_deliveries_for_run(Tx& tx, const Run& run, EventType event,
                                                   const std::function<DeliveryId()>& make_id,
                                                   const std::function<std::string()>& body, WallTime now);

std::optional<Delivery> find_delivery(Tx& tx, const DeliveryId& id);
std::vector<Attempt> list_attempts(Tx& tx, const DeliveryId& id);  // oldest first
struct DeliveryFilter {
  std::optional<OutgoingWebhookId> outgoing_webhook_id{};
  std::optional<DeliveryStatus> status{};
  std::optional<EventType> event{};
  std::optional<DeploymentId> deployment_id{};
  std::optional<Environment> environment{};
  std::optional<RunId> run_id{};
};
// Bodies are left empty. A page may end early, even empty, with a cursor from which to go on.
Page<Delivery> list_deliveries(Tx& tx, const DeliveryFilter& filter, const PageRequest& page);
// Whose delivery it is, as the webhook is now or was when it was deleted.
struct DeliveryTarget {
  std::string name;
  std::string url;
  DeploymentId deployment_id;
  Environment environment = Environment::production;
};
std::optional<DeliveryTarget> find_delivery_target(Tx& tx, const OutgoingWebhookId& id);
// The newest deliveries of a webhook, newest first.
struct RecentDeliveries {
  std::optional<WallTime> last_used_at{};
  std::vector<DeliveryStatus> statuses{};
};
RecentDeliveries recent_deliveries(Tx& tx, const OutgoingWebhookId& webhook, std::size_t limit);

// Where and how to send to a webhook, at one moment.
struct Target {
  DeploymentId deployment_id;
  Environment environment = Environment::production;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string secret;
};

// What the sender needs for one attempt; the target is the webhook's at the moment of the claim, never null.
struct ClaimedDelivery {
  Delivery delivery;
  Attempt attempt;
  std::shared_ptr<const Target> target;
};
struct ClaimRequest {
  OutgoingWebhookId outgoing_webhook_id;
  std::size_t limit = 0;
};
struct ClaimResult {
  std::vector<ClaimedDelivery> claimed;
  // For each asked webhook that still has unclaimed waiting deliveries: when the earliest is due.
  std::vector<std::pair<OutgoingWebhookId, WallTime>> next_due;
};
// Claims due deliveries, first attempts before retries, and writes down their attempts (in_flight).
ClaimResult claim_due_deliveries(Tx& tx, std::span<const ClaimRequest> requests, WallTime now,
                                 const std::function<AttemptId()>& make_id);

// Writes the attempt's outcome and what becomes of the delivery, unless the delivery was asked for again meanwhile
// (redelivery), which makes it due at once. `decide` gets the delivery as it is now and whether its webhook is enabled.
// Returns the delivery after it. The body is left empty in both. Precondition: the attempt is in flight.
Delivery record_attempt(Tx& tx, const Attempt& finished,
                        const std::function<NextStep(const Delivery&, bool webhook_enabled)>& decide, WallTime now);

// Webhooks that have waiting deliveries, with the time of the earliest: what the dispatcher starts from.
std::vector<std::pair<OutgoingWebhookId, WallTime>> waiting_webhooks(Tx& tx);
// The wall clock was set by `jump` and says `now`: retries that were due until `latest`, in the time before, wait as
// long as they would have, and first attempts are due.
void move_waiting_deliveries(Tx& tx, std::chrono::milliseconds jump, WallTime latest, WallTime now);
// At start, when the clock may have been set back meanwhile: retries after the n-th failure wait no longer than
// waits[n - 1], the last of which is for all that come after; waits is not empty. Returns how many came forward.
std::size_t bring_forward_waiting_deliveries(Tx& tx, std::span<const std::chrono::milliseconds> waits, WallTime now);
// At start: attempts left in flight become in_doubt and their deliveries due at `now`.
struct InterruptedAttempt {
  Delivery delivery;  // without its body
  std::int64_t number = 0;
};
std::vector<InterruptedAttempt> release_interrupted_attempts(Tx& tx, WallTime now);
// At a stop: an attempt that was cut off. The same for one attempt; returns its delivery without its body.
Delivery release_attempt(Tx& tx, const Attempt& attempt, WallTime now);

enum class RedeliverResult { accepted, not_found, webhook_not_enabled };
// Makes it due now with a fresh schedule; one that is in flight is sent once more after that attempt.
RedeliverResult redeliver(Tx& tx, const DeliveryId& id, WallTime now);
// All failed deliveries created at or after `since`; returns how many. Precondition: the webhook is enabled.
std::size_t recover_failed_deliveries(Tx& tx, const OutgoingWebhookId& webhook, WallTime since, WallTime now);
// How many that would be.
std::int64_t count_failed_deliveries(Tx& tx, const OutgoingWebhookId& webhook, WallTime since);
// The same in steps of up to `limit`, oldest first, so that other writes get their turn in between. Begin without
// `after`, go on with `next` until there is none; what fails again meanwhile is not taken twice.
struct RecoverStep {
  std::size_t recovered = 0;
  std::optional<DeliveryId> next{};
};
RecoverStep recover_failed_deliveries(Tx& tx, const OutgoingWebhookId& webhook, WallTime since, WallTime now,
                                      std::size_t limit, const std::optional<DeliveryId>& after);

// Retention: deletes up to `limit` deliveries, with attempts, completed before `before`; returns how many. Call again
// while it returns `limit`.
std::size_t delete_old_deliveries(Tx& tx, WallTime before, std::size_t limit);

struct DeliveryCounts {
  std::int64_t waiting = 0;                        // pending, capped at what a quick count allows
  std::optional<WallTime> oldest_waiting_since{};  // created_at of the oldest pending one
};
DeliveryCounts delivery_counts(Tx& tx);

}  // namespace crewship
