// What the files that end runs, attempts and deliveries tell the overview. Part of their transaction.
#pragma once

#include <crewship/domain/delivery.hpp>
#include <crewship/domain/run.hpp>

#include "tx.hpp"

namespace crewship {

void count_ended_run(Tx& tx, const Run& run);  // precondition: it has completed_at
void count_ended_deliveries(Tx& tx, Environment environment, DeliveryStatus status, std::int64_t count, WallTime now);
void write_minute_counts(Tx& tx);  // what the two above counted; before COMMIT
void note_failed_attempt(Tx& tx, const OutgoingWebhookId& webhook, std::string_view error, WallTime now);
void forget_failures(Tx& tx, const OutgoingWebhookId& webhook);

}  // namespace crewship
