#include "run_task.hpp"

#include <algorithm>
#include <stdexcept>

#include <crewship/base/fault_point.hpp>
#include <crewship/base/log.hpp>
#include <crewship/domain/trace_context.hpp>
#include <crewship/store/runs.hpp>

#include "builtin_run.hpp"
#include "patient_write.hpp"
#include "run_process.hpp"

namespace crewship {
namespace {

// Of all lines and events that were read and are not yet written.
constexpr std::size_t waiting_journal_bytes = 1048576;

}  // namespace

RunTask::RunTask(RunContext& context, RunId id, RunControl& control, LaunchRequest request, LaunchesUnderWay::Duty duty)
    : context_(context),
      control_(control),
      id_(std::move(id)),
      request_(std::move(request)),
      duty_(std::move(duty)),
      tasks_(context.executor, "run", context.on_failure),
      journal_({.log_line_bytes = context.options.log_line_bytes,
                .log_bytes = context.options.log_bytes,
                .event_line_bytes = context.options.event_line_bytes,
                .events_bytes = context.options.events_bytes,
                .waiting_bytes = waiting_journal_bytes},
               context.clock),
      journal_writer_(context.executor, context.store, context.clock, context.feeds, tasks_, id_, journal_),
      began_(context.clock.steady_now()) {}

Task<void> RunTask::run() {
  const auto events = context_.event_options();
  run_ = new_run(id_, request_);
  const auto record = [this, &events](Tx& tx) {
    return record_launch(tx, request_, std::move(run_), context_.builtins, context_.options, events,
                         context_.clock.now());
  };
  auto recorded = co_await context_.store.write(record, Undo::group);
  if (!recorded) {
    duty_.resolve(std::unexpected(std::move(recorded).error()));
    co_return;
  }
  if (recorded->replayed) {
    duty_.resolve(launched(recorded->run, true));
    co_return;
  }
  run_ = std::move(recorded->run);
  version_ = std::move(recorded->version);
  if (run_.completed_at) {
    context_.changes.run_started(run_);
    answer();
    tell_end(run_, {}, recorded->deliveries, {});
    co_return;
  }
  context_.changes.run_changed(run_);
  limits_ = limits_of(*version_, context_.options);
  if (const auto* command = std::get_if<CommandRunner>(&version_->runner)) {
    co_await run_command(*command);
  } else {
    co_await run_builtin(std::get<BuiltinRunner>(version_->runner));
  }
}

Task<void> RunTask::run_command(const CommandRunner& command) {
  auto child = co_await context_.spawner.start({.command = command.command,
                                                .working_dir = command.working_dir,
                                                .environment = child_environment(run_, *version_, context_.inherited),
                                                .input = run_.input,
                                                .limits = version_->limits});
  if (!child) {
    co_await fail_to_start(std::move(child).error());
    co_return;
  }
  RunProcess process(context_.executor, context_.clock, context_.spawner, tasks_, control_, journal_, journal_writer_,
                     context_.read_buffer,
                     {.time_limit = limits_.time_limit,
                      .kill_grace = context_.options.kill_grace,
                      .output_bytes = limits_.output_bytes,
                      .resources = limits_.resources});
  if (auto watched = co_await process.watch(*std::move(child), id_.text()); !watched) {
    watched.error().message.insert(0, "cannot start " + command.command.front() + ": cannot watch it: ");
    co_await fail_to_start(std::move(watched).error());
    co_return;
  }
  auto recorded = co_await record_started();
  if (recorded) {
    answer();
  } else {
    control_.stop(StopReason::interrupted);
    control_.hurry();
  }
  const auto end = co_await process.follow(std::move(run_.input), id_.text());
  if (recorded) {
    co_await finish(outcome_of_command(end, process.take_output(), journal_.last_line(), limits_), false);
    co_return;
  }
  co_await refuse(std::move(recorded).error(), "its start could not be recorded");
}

Task<void> RunTask::run_builtin(const BuiltinRunner& builtin) {
  const auto* handler = context_.builtins.find(builtin.handler);
  if (handler == nullptr) {
    co_await fail_to_start({.kind = ErrorKind::unavailable,
                            .code = "run_failed_to_start",
                            .message = "cannot start handler " + builtin.handler + ": there is none of this name"});
    co_return;
  }
  answer();
  BuiltinRun call(context_.executor, context_.clock, control_, journal_, journal_writer_);
  auto end = co_await call.run(*handler,
                               {.run_id = id_,
                                .deployment_id = run_.deployment_id,
                                .version_number = run_.version_number,
                                .environment = run_.environment,
                                .env = version_->env,
                                .input = std::move(run_.input),
                                .log_line = {},
                                .event_line = {}},
                               limits_.time_limit);
  journal_.finish();
  journal_writer_.stop();
  co_await tasks_.join();
  co_await finish(outcome_of_builtin(end.stopped_for, end.output, limits_), false);
}

Task<void> RunTask::fail_to_start(Error error) {
  auto reason = error.message;
  co_await refuse(std::move(error), std::move(reason));
}

Task<void> RunTask::refuse(Error error, std::string reason) {
  error.run_id = id_.text();
  refusal_ = std::unexpected(std::move(error));
  co_await finish(RunFailed{std::move(reason)}, true);
  duty_.resolve(std::move(*refusal_));
}

Task<Result<>> RunTask::record_started() {
  auto started = advance(run_, RunStarted{}, context_.clock.now()).value();
  const auto record = [&started](Tx& tx) -> Result<> {
    update_run(tx, started);
    return {};
  };
  auto recorded = co_await context_.store.write(record, Undo::group);
  if (recorded) {
    run_ = std::move(started);
    context_.feeds.started(run_);
    context_.changes.run_changed(run_);
  }
  co_return recorded;
}

void RunTask::answer() {
  fault_point("answer");
  context_.metrics->started.add();
  context_.metrics->start_seconds.observe(context_.clock.steady_now() - began_);
  log_info("run started", {{"run_id", id_},
                           {"deployment_id", run_.deployment_id},
                           {"version_number", run_.version_number},
                           {"environment", to_string(run_.environment)},
                           {"incoming_webhook_id", run_.incoming_webhook_id ? run_.incoming_webhook_id->text() : "-"},
                           {"request_id", run_.request_id},
                           {"trace_id", trace_id_of(run_)}});
  duty_.resolve(launched(run_, false));
}

Task<void> RunTask::finish(RunChange change, bool free_key) {
  const auto ended = advance(std::move(run_), std::move(change), context_.clock.now());
  if (!ended) throw std::logic_error("a run ended twice");
  const auto events = journal_.take(std::string::npos);
  std::vector<NewDelivery> deliveries;
  const auto options = context_.event_options();
  const auto record = [&](Tx& tx) -> Result<> {
    deliveries = record_end(tx, *ended, events, free_key, options);
    return {};
  };
  fault_point("end.before");
  // The dispatcher's claim comes behind this write in the same queue, so it finds what this makes.
  auto told = context_.likely_webhooks.of(*ended);
  if (!told.empty()) context_.deliveries.deliveries_due(told);
  const auto when_delayed = [this, &told] {
    told.clear();
    // Who waits for an answer does not wait for space on the disk.
    if (refusal_) duty_.tell(*refusal_);
  };
  if (!co_await write_patiently(context_, control_, id_, record, when_delayed)) co_return;
  fault_point("end.after");
  tell_end(*ended, events, deliveries, told);
}

void RunTask::tell_end(const Run& ended, std::span<const RunEvent> events, std::span<const NewDelivery> deliveries,
                       std::span<const OutgoingWebhookId> told) {
  context_.feeds.wrote(id_, events);
  context_.feeds.ended(ended, journal_.next_number());
  context_.changes.run_changed(ended);
  count_end(ended);
  log_end(ended);
  announce(ended, deliveries, told);
}

void RunTask::announce(const Run& ended, std::span<const NewDelivery> made, std::span<const OutgoingWebhookId> told) {
  if (made.empty() && told.empty()) return;
  Delivery delivery;
  delivery.run_id = ended.id;
  delivery.created_at = ended.completed_at.value();
  delivery.next_attempt_at = ended.completed_at;
  std::vector<OutgoingWebhookId> webhooks;
  for (const auto& [id, webhook] : made) {
    delivery.id = id;
    delivery.outgoing_webhook_id = webhook;
    delivery.event = event_of(ended).value();
    context_.changes.delivery_pending(delivery, {ended.deployment_id, ended.environment});
    log_info(
        "delivery created",
        {{"run_id", id_}, {"delivery_id", id}, {"outgoing_webhook_id", webhook}, {"event", to_string(delivery.event)}});
    webhooks.push_back(webhook);
  }
  context_.likely_webhooks.note(ended, webhooks);
  std::erase_if(webhooks, [&](const auto& webhook) { return std::ranges::count(told, webhook) > 0; });
  if (!webhooks.empty()) context_.deliveries.deliveries_due(webhooks);
}

void RunTask::count_end(const Run& ended) const {
  auto& metrics = *context_.metrics;
  if (ended.status == RunStatus::succeeded) metrics.succeeded.add();
  if (ended.status == RunStatus::failed) metrics.failed.add();
  if (ended.status == RunStatus::canceled) metrics.canceled.add();
  if (ended.started_at) metrics.duration_seconds.observe(*ended.completed_at - *ended.started_at);
}

void RunTask::log_end(const Run& ended) const {
  const auto duration = *ended.completed_at - ended.started_at.value_or(*ended.completed_at);
  const auto event = "run " + std::string(to_string(ended.status));
  if (ended.error_message) {
    log_info(event, {{"run_id", id_},
                     {"deployment_id", ended.deployment_id},
                     {"version_number", ended.version_number},
                     {"environment", to_string(ended.environment)},
                     {"duration_ms", duration.count()},
                     {"error", *ended.error_message}});
  } else {
    log_info(event, {{"run_id", id_},
                     {"deployment_id", ended.deployment_id},
                     {"version_number", ended.version_number},
                     {"environment", to_string(ended.environment)},
                     {"duration_ms", duration.count()}});
  }
}

}  // namespace crewship
