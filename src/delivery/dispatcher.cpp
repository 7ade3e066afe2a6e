#include <crewship/delivery/dispatcher.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <crewship/base/fault_point.hpp>
#include <crewship/base/log.hpp>
#include <crewship/base/time_format.hpp>
#include <crewship/domain/json.hpp>
#include <crewship/store/deliveries.hpp>

#include "lane_queue.hpp"

namespace crewship {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t stored_response_bytes = 1024;
// A wall clock that is set back or forward is noticed after this time at the latest.
constexpr std::chrono::nanoseconds longest_sleep = 1min;
// A wall clock that differs by less is followed without a word.
constexpr std::chrono::milliseconds noticed_jump = 2s;
constexpr std::chrono::nanoseconds sleep_when_nothing_waits = std::chrono::days(365);
constexpr std::chrono::nanoseconds storage_back_off = 200ms;
constexpr std::chrono::nanoseconds longest_storage_back_off = 5s;

LaneCaps caps_of(const DispatcherOptions& options) {
  return {.all = options.max_in_flight, .each = options.max_in_flight_per_webhook};
}

// The first KiB as valid UTF-8, not ending inside a code point.
std::string stored_response(std::string_view body) {
  std::size_t end = std::min(body.size(), stored_response_bytes);
  if (end < body.size()) {
    for (int back = 0; back < 3 && end > 0 && (static_cast<unsigned char>(body[end]) & 0xc0) == 0x80; ++back) --end;
  }
  return replace_invalid_utf8(body.substr(0, end));
}

std::string run_id_of(const Delivery& delivery) { return delivery.run_id ? delivery.run_id->text() : "-"; }

Attempt finished_attempt(const Attempt& begun, const AttemptOutcome& outcome) {
  Attempt attempt = begun;
  attempt.status = is_success(outcome) ? AttemptStatus::succeeded : AttemptStatus::failed;
  attempt.response_status = outcome.response_status;
  attempt.duration = outcome.duration;
  attempt.request_headers = outcome.request_headers;
  if (attempt.status == AttemptStatus::failed) attempt.error = attempt_error(outcome);
  if (outcome.response_status) attempt.response_body = stored_response(outcome.response_body);
  return attempt;
}

}  // namespace

struct Dispatcher::Impl {
  Executor executor;
  Store& store;
  Clock& clock;
  Random& random;
  IdGenerator& ids;
  Sender& sender;
  ChangeFeed& changes;
  DispatcherOptions options;
  LaneQueue lanes;
  std::unique_ptr<Timer> timer;         // the pump's
  std::chrono::nanoseconds wall_ahead;  // of the steady clock, when last looked at
  std::chrono::milliseconds jump{0};    // of the wall clock, by which what waits has not been moved yet
  bool stopping = false;
  bool cut_off = false;  // the stop waits no longer
  DeliveryMetrics metrics;
  TaskGroup attempts;
  TaskGroup pump_task;

  Impl(Executor e, Store& s, Clock& c, Random& r, IdGenerator& i, Sender& sends, ChangeFeed& feed, DispatcherOptions o,
       const TaskGroup::FailureHandler& on_failure)
      : executor(std::move(e)),
        store(s),
        clock(c),
        random(r),
        ids(i),
        sender(sends),
        changes(feed),
        options(std::move(o)),
        lanes(caps_of(options)),
        timer(c.make_timer(executor)),
        wall_ahead(wall_ahead_now()),
        attempts(executor, "delivery attempts", on_failure),
        pump_task(executor, "delivery dispatcher", on_failure) {}

  std::chrono::nanoseconds wall_ahead_now() const {
    return clock.now().time_since_epoch() - clock.steady_now().time_since_epoch();
  }

  // The wall clock may be set while deliveries wait. They wait in real time, so they are moved with it; until that is
  // done, `jump` is what the times in the database are behind.
  void look_at_wall_clock() {
    const auto ahead = wall_ahead_now();
    const auto difference = std::chrono::round<std::chrono::milliseconds>(ahead - wall_ahead);
    if (std::chrono::abs(difference) < noticed_jump) return;
    wall_ahead = ahead;
    jump += difference;
  }

  Task<void> follow_wall_clock() {
    const auto by = std::exchange(jump, {});
    const WallTime now = clock.now();
    auto waiting = co_await store.write([&](Tx& tx) -> Result<std::vector<std::pair<OutgoingWebhookId, WallTime>>> {
      move_waiting_deliveries(tx, by, now - by + longest_wait(options.retry), now);
      return waiting_webhooks(tx);
    });
    if (!waiting) {
      log_error("waiting deliveries cannot be moved with the clock; trying again",
                {{"error", waiting.error().message}});
      jump += by;
      co_await back_off(storage_back_off);
      co_return;
    }
    log_warning("the wall clock was set; retries keep their waiting times", {{"by_ms", by.count()}});
    for (const auto& [webhook, at] : *waiting) lanes.due(webhook, at);
  }

  Task<Result<>> start() {
    std::vector<InterruptedAttempt> in_doubt;
    auto waiting =
        co_await store.write([this, &in_doubt](Tx& tx) -> Result<std::vector<std::pair<OutgoingWebhookId, WallTime>>> {
          if (!is_mutant("in_flight_not_due")) in_doubt = release_interrupted_attempts(tx, clock.now());
          const std::size_t moved = bring_forward_waiting_deliveries(tx, longest_waits(options.retry), clock.now());
          if (moved > 0) log_warning("the wall clock was set back; deliveries came forward", {{"deliveries", moved}});
          return waiting_webhooks(tx);
        });
    if (!waiting) co_return std::unexpected(waiting.error());
    for (const auto& [delivery, number] : in_doubt) {
      log_warning("attempt in doubt after a crash; it is made again",
                  {{"delivery_id", delivery.id},
                   {"outgoing_webhook_id", delivery.outgoing_webhook_id},
                   {"run_id", run_id_of(delivery)},
                   {"attempt", number}});
    }
    for (const auto& [webhook, at] : *waiting) lanes.due(webhook, at);
    pump_task.spawn("pump", pump());
    co_return Result<>{};
  }

  // The one place that claims. Everything else wakes it.
  Task<void> pump() {
    while (!stopping) {
      look_at_wall_clock();
      if (jump != 0ms) {
        co_await follow_wall_clock();
        continue;
      }
      const std::vector<ClaimRequest> requests = lanes.take(clock.now());
      if (requests.empty()) {
        co_await timer->wait(time_to_sleep());
        continue;
      }
      auto result = co_await store.write(
          [&](Tx& tx) -> Result<ClaimResult> {
            return claim_due_deliveries(tx, requests, clock.now(), [this] { return ids.make<AttemptId>(); });
          },
          Undo::group);
      if (result) {
        begin_attempts(requests, *std::move(result));
      } else {
        log_error("deliveries cannot be claimed; trying again", {{"error", result.error().message}});
        for (const auto& request : requests) lanes.claimed(request, 0, clock.now());
        co_await back_off(storage_back_off);
      }
    }
  }

  std::chrono::nanoseconds time_to_sleep() const {
    const auto due = lanes.next_due();
    if (!due) return sleep_when_nothing_waits;
    return std::clamp<std::chrono::nanoseconds>(*due - clock.now(), 1ms, longest_sleep);
  }

  void begin_attempts(const std::vector<ClaimRequest>& requests, ClaimResult result) {
    std::unordered_map<OutgoingWebhookId, std::size_t> counts;
    for (const auto& delivery : result.claimed) ++counts[delivery.delivery.outgoing_webhook_id];
    std::unordered_map<OutgoingWebhookId, WallTime> next_due(result.next_due.begin(), result.next_due.end());
    for (const auto& request : requests) {
      const auto next = next_due.find(request.outgoing_webhook_id);
      lanes.claimed(request, counts[request.outgoing_webhook_id],
                    next == next_due.end() ? std::nullopt : std::optional(next->second));
    }
    attempts.spawn("attempts", begin(std::move(result.claimed)));
  }

  // After the pump has asked for what is due next, so that its claim shares the next commit while requests are made.
  Task<void> begin(std::vector<ClaimedDelivery> claimed) {
    co_await asio::post(executor, use_awaitable);
    for (auto& delivery : claimed) attempts.spawn("attempt", attempt(std::move(delivery)));
  }

  Task<void> attempt(ClaimedDelivery claimed) {
    std::optional<AttemptOutcome> outcome;
    if (log_enabled(LogLevel::debug)) log_begin(claimed);
    fault_point("attempt.before");
    try {
      outcome = co_await sender.send(claimed);
    } catch (const boost::system::system_error& error) {
      if (error.code() != asio::error::operation_aborted) throw;
    }
    fault_point("attempt.after");
    // The stop may cut off the request, never its record.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    // The place is free before the record is on the disk: the next claim shares its commit.
    const bool answered = !outcome || outcome->response_status;
    lanes.finished(claimed.delivery.outgoing_webhook_id, answered);
    timer->wake();
    if (outcome) {
      co_await record(claimed, *outcome);
    } else {
      co_await release(claimed);
    }
    if (lanes.recorded(claimed.delivery.outgoing_webhook_id)) timer->wake();
  }

  Task<void> record(const ClaimedDelivery& claimed, const AttemptOutcome& outcome) {
    const Attempt attempt = finished_attempt(claimed.attempt, outcome);
    const double jitter = is_success(outcome) ? 0.0 : random.symmetric();  // a draw costs as much as a signature
    auto wait = storage_back_off;
    while (true) {
      const WallTime now = clock.now();
      look_at_wall_clock();
      const auto jump_before = jump;
      auto recorded = co_await store.write(
          [&](Tx& tx) -> Result<Delivery> {
            const auto decide = [&](const Delivery& delivery, bool webhook_enabled) {
              return next_step(delivery, outcome, webhook_enabled, options.retry, now - jump_before, jitter);
            };
            return record_attempt(tx, attempt, decide, now);
          },
          Undo::group);
      if (recorded) {
        fault_point("attempt.recorded");
        count(attempt, *recorded);
        log_attempt(attempt, *recorded);
        changes.attempt_ended(*recorded, attempt, {claimed.target->deployment_id, claimed.target->environment});
        if (recorded->next_attempt_at) {
          lanes.due(recorded->outgoing_webhook_id, *recorded->next_attempt_at);
          timer->wake();
        }
        co_return;
      }
      log_error("attempt cannot be recorded", {{"delivery_id", claimed.delivery.id},
                                               {"outgoing_webhook_id", claimed.delivery.outgoing_webhook_id},
                                               {"run_id", run_id_of(claimed.delivery)},
                                               {"attempt", attempt.number},
                                               {"error", recorded.error().message}});
      // A broken database answers nothing any more, and a full disk must not hold up the stop; at the next start the
      // attempt is in doubt.
      if (recorded.error().kind != ErrorKind::unavailable || cut_off) co_return;
      co_await back_off(wait);
      wait = std::min(2 * wait, longest_storage_back_off);
    }
  }

  void count(const Attempt& attempt, const Delivery& delivery) {
    const bool success = attempt.status == AttemptStatus::succeeded;
    (success ? metrics.attempts_succeeded : metrics.attempts_failed).add();
    if (attempt.duration) metrics.attempt_seconds.observe(*attempt.duration);
    if (success) metrics.succeeded.add();
    if (delivery.status == DeliveryStatus::failed) metrics.failed.add();
  }

  Task<void> release(const ClaimedDelivery& claimed) {
    metrics.attempts_cut_off.add();
    const auto released = co_await store.write([&](Tx& tx) -> Result<> {
      release_attempt(tx, claimed.attempt, clock.now());
      return {};
    });
    log_warning("attempt cut off; it is made again at the next start",
                {{"delivery_id", claimed.delivery.id},
                 {"outgoing_webhook_id", claimed.delivery.outgoing_webhook_id},
                 {"run_id", run_id_of(claimed.delivery)},
                 {"attempt", claimed.attempt.number},
                 {"error", released ? std::string() : released.error().message}});
  }

  static void log_begin(const ClaimedDelivery& claimed) {
    log_debug("delivery attempt started", {{"delivery_id", claimed.delivery.id},
                                           {"outgoing_webhook_id", claimed.delivery.outgoing_webhook_id},
                                           {"run_id", run_id_of(claimed.delivery)},
                                           {"attempt", claimed.attempt.number}});
  }

  void log_attempt(const Attempt& attempt, const Delivery& delivery) const {
    const std::string status = attempt.response_status ? std::to_string(*attempt.response_status) : "-";
    const auto duration_ms = attempt.duration.value_or(0ms).count();
    if (attempt.status == AttemptStatus::succeeded) {
      log_info("delivery succeeded", {{"delivery_id", delivery.id},
                                      {"outgoing_webhook_id", delivery.outgoing_webhook_id},
                                      {"run_id", run_id_of(delivery)},
                                      {"event", to_string(delivery.event)},
                                      {"attempt", attempt.number},
                                      {"status", status},
                                      {"duration_ms", duration_ms}});
      return;
    }
    const bool given_up = delivery.status == DeliveryStatus::failed;
    write_log(LogLevel::warning, given_up ? "delivery failed" : "delivery attempt failed",
              {{"delivery_id", delivery.id},
               {"outgoing_webhook_id", delivery.outgoing_webhook_id},
               {"run_id", run_id_of(delivery)},
               {"event", to_string(delivery.event)},
               {"attempt", attempt.number},
               {"status", status},
               {"error", attempt.error.value_or("")},
               {"duration_ms", duration_ms},
               {"next_attempt_at", delivery.next_attempt_at ? format_timestamp(*delivery.next_attempt_at) : "-"}});
  }

  Task<void> back_off(std::chrono::nanoseconds duration) const {
    const auto pause = clock.make_timer(executor);
    co_await pause->wait(duration);
  }

  Task<void> stop(std::chrono::milliseconds grace) {
    stopping = true;
    timer->wake();
    co_await pump_task.join();

    const auto grace_timer = clock.make_timer(executor);
    pump_task.spawn("stop", cut_off_after(*grace_timer, grace));
    co_await attempts.join();
    grace_timer->wake();
    co_await pump_task.join();
  }

  Task<void> cut_off_after(Timer& grace_timer, std::chrono::milliseconds grace) {
    const bool passed = co_await grace_timer.wait(grace);
    if (!passed) co_return;
    cut_off = true;
    attempts.cancel();
  }
};

Dispatcher::Dispatcher(Executor executor, Store& store, Clock& clock, Random& random, IdGenerator& ids, Sender& sender,
                       ChangeFeed& changes, DispatcherOptions options, TaskGroup::FailureHandler on_failure)
    : impl_(std::make_unique<Impl>(std::move(executor), store, clock, random, ids, sender, changes, std::move(options),
                                   on_failure)) {}

Dispatcher::~Dispatcher() = default;

Task<Result<>> Dispatcher::start() { return impl_->start(); }

void Dispatcher::deliveries_due(std::span<const OutgoingWebhookId> webhooks) {
  const WallTime now = impl_->clock.now();
  for (const auto& webhook : webhooks) impl_->lanes.due(webhook, now);
  impl_->timer->wake();
}

void Dispatcher::reconfigure(DispatcherOptions options) {
  impl_->options = std::move(options);
  impl_->lanes.set_caps(caps_of(impl_->options));
  impl_->timer->wake();
}

Task<void> Dispatcher::stop(std::chrono::milliseconds grace) { return impl_->stop(grace); }

std::size_t Dispatcher::in_flight() const { return impl_->lanes.in_flight() + impl_->lanes.unrecorded(); }

std::chrono::milliseconds Dispatcher::waited_for_turn() const {
  const auto now = impl_->clock.now();
  const auto since = impl_->lanes.in_turn_since(now);
  return since ? std::max(now - *since, 0ms) : 0ms;
}

const DeliveryMetrics& Dispatcher::metrics() const { return impl_->metrics; }

}  // namespace crewship
