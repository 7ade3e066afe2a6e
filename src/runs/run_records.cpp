#include "run_records.hpp"

#include <stdexcept>

#include <crewship/domain/delivery.hpp>
#include <crewship/store/deliveries.hpp>
#include <crewship/store/deployments.hpp>
#include <crewship/store/runs.hpp>
#include <crewship/store/webhooks.hpp>

#include "builtin_run.hpp"

namespace crewship {
namespace {

constexpr auto key_lifetime = std::chrono::hours(24);

std::unexpected<Error> no_such_webhook() {
  return fail(ErrorKind::not_found, "not_found", "There is no such webhook, or it is disabled.");
}

// The run that the key has made already, if any; idempotency_key_reused when it was made from another body.
Result<std::optional<Run>> find_earlier_run(Tx& tx, const LaunchRequest& request, WallTime now) {
  if (!request.idempotency) return std::nullopt;
  const auto record =
      find_idempotency_record(tx, idempotency_scope(request), request.idempotency->key, now - key_lifetime);
  if (!record) return std::nullopt;
  if (record->body_sha256 != request.idempotency->body_sha256) return idempotency_key_reused();
  return find_run(tx, record->run_id);
}

Result<std::shared_ptr<const Version>> version_to_run(Tx& tx, const LaunchRequest& request) {
  if (auto version = live_version(tx, request.deployment_id, request.environment)) return version;
  if (!find_deployment(tx, request.deployment_id)) {
    return fail(ErrorKind::not_found, "not_found", "There is no such deployment.");
  }
  return fail(ErrorKind::conflict, "no_running_version",
              "No running version found for " + std::string(to_string(request.environment)) + " environment");
}

Result<> check_webhook(Tx& tx, const LaunchRequest& request) {
  if (!request.incoming_webhook_id) return {};
  const auto webhook = find_incoming_webhook(tx, *request.incoming_webhook_id);
  if (!webhook || !webhook->enabled) return no_such_webhook();
  return {};
}

std::vector<NewDelivery> make_deliveries(Tx& tx, const Run& ended, const EventOptions& options) {
  const auto event = event_of(ended);
  if (!event) return {};
  const auto body = [&] { return run_event_body(ended, *event, options.output_bytes, options.public_url); };
  return insert_deliveries_for_run(tx, ended, *event, options.make_delivery_id, body, ended.completed_at.value());
}

Run ended(Run run, RunChange change, WallTime now) {
  auto after = advance(std::move(run), std::move(change), now);
  if (!after) throw std::logic_error("a run was to end twice");
  return *std::move(after);
}

}  // namespace

std::unexpected<Error> idempotency_key_reused() {
  return fail(ErrorKind::unprocessable, "idempotency_key_reused",
              "This Idempotency-Key was used with another body. Send a new key for a new run.");
}

std::string idempotency_scope(const LaunchRequest& request) {
  return request.incoming_webhook_id ? request.incoming_webhook_id->text() : request.deployment_id.text();
}

Launched launched(const Run& run, bool replayed) { return {run.id, run.version_id, run.version_number, replayed}; }

Result<std::optional<Launched>> look_before_waiting(Tx& tx, const LaunchRequest& request, WallTime now) {
  const auto earlier = find_earlier_run(tx, request, now);
  if (!earlier) return std::unexpected(earlier.error());
  if (*earlier) return launched(**earlier, true);
  if (auto webhook = check_webhook(tx, request); !webhook) return std::unexpected(std::move(webhook).error());
  if (auto version = version_to_run(tx, request); !version) return std::unexpected(std::move(version).error());
  return std::nullopt;
}

RunLimits limits_of(const Version& version, const ExecutorOptions& options) {
  return {.time_limit = version.time_limit ? *version.time_limit : options.run_timeout,
          .output_bytes = options.output_bytes,
          .resources = version.limits};
}

Run new_run(const RunId& id, LaunchRequest& request) {
  return {.id = id,
          .deployment_id = request.deployment_id,
          .version_id = {},
          .version_number = 0,
          .environment = request.environment,
          .input = std::move(request.input),
          .output = {},
          .error_message = {},
          .incoming_webhook_id = request.incoming_webhook_id,
          .created_at = {},
          .started_at = {},
          .completed_at = {},
          .received_at = request.received_at,
          .request_id = request.request_id.text(),
          .received_traceparent = std::move(request.received_traceparent)};
}

Result<RecordedLaunch> record_launch(Tx& tx, const LaunchRequest& request, Run run, const BuiltinRegistry& builtins,
                                     const ExecutorOptions& limits, const EventOptions& events, WallTime now) {
  auto earlier = find_earlier_run(tx, request, now);
  if (!earlier) return std::unexpected(std::move(earlier).error());
  if (*earlier) return RecordedLaunch{.run = **std::move(earlier), .version = {}, .replayed = true};
  if (auto webhook = check_webhook(tx, request); !webhook) return std::unexpected(std::move(webhook).error());
  auto version = version_to_run(tx, request);
  if (!version) return std::unexpected(std::move(version).error());

  run.version_id = (*version)->id;
  run.version_number = (*version)->number;
  run.created_at = now;
  // One that does not exist cannot start.
  const auto* builtin = std::get_if<BuiltinRunner>(&(*version)->runner);
  if (builtin != nullptr && builtins.contains(builtin->handler)) {
    run = advance(std::move(run), RunStarted{}, now).value();
    if (const auto* function = builtins.find_function(builtin->handler)) {
      const auto output = call_function(*function, run.id, run.input);
      auto outcome = outcome_of_builtin(StopReason::none, output, limits_of(**version, limits));
      run = ended(std::move(run), std::move(outcome), now);
    }
  }
  insert_run(tx, run);
  if (request.idempotency) {
    insert_idempotency_record(tx, {.scope = idempotency_scope(request),
                                   .key = request.idempotency->key,
                                   .body_sha256 = request.idempotency->body_sha256,
                                   .run_id = run.id,
                                   .created_at = now});
  }
  auto deliveries = run.completed_at ? make_deliveries(tx, run, events) : std::vector<NewDelivery>();
  return RecordedLaunch{.run = std::move(run), .version = *std::move(version), .deliveries = std::move(deliveries)};
}

std::vector<NewDelivery> record_end(Tx& tx, const Run& run, std::span<const RunEvent> events, bool free_key,
                                    const EventOptions& options) {
  update_run(tx, run);
  if (!events.empty()) insert_run_events(tx, run.id, events);
  if (free_key) delete_idempotency_records_of_run(tx, run.id);
  return make_deliveries(tx, run, options);
}

Interrupted interrupt_open_runs(Tx& tx, std::size_t limit, WallTime now, const EventOptions& options) {
  Interrupted result;
  for (const auto& open : open_runs(tx, limit)) {
    auto run = ended(open, RunFailed{std::string(interrupted_message)}, now);
    const bool never_started = open.status == RunStatus::pending;
    for (auto& delivery : record_end(tx, run, {}, never_started, options)) {
      result.webhooks.push_back(std::move(delivery.outgoing_webhook_id));
    }
    result.runs.push_back(std::move(run));
  }
  return result;
}

}  // namespace crewship
