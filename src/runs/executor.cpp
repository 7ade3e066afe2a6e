#include <crewship/runs/executor.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>

#include <crewship/base/fault_point.hpp>
#include <crewship/base/log.hpp>
#include <crewship/store/runs.hpp>

#include "caller_watch.hpp"
#include "launching.hpp"
#include "run_context.hpp"
#include "run_control.hpp"
#include "run_records.hpp"
#include "run_task.hpp"
#include "waiting_line.hpp"

namespace crewship {
namespace {

// What recover() ends in one transaction, so that a long list does not hold up the writer.
constexpr std::size_t recovered_at_once = 500;
// What was started so lately can nearly always be started again: it is let into the line without a look.
constexpr auto lately = std::chrono::seconds(1);
constexpr std::size_t max_lately_started = 4096;
// A cancel waits this much longer than the grace, so that its answer shows the end of a program that had to be killed.
constexpr auto time_to_die = std::chrono::seconds(1);

Result<Launched> as_replay(Result<Launched> outcome) {
  if (outcome) outcome->replayed = true;
  return outcome;
}

using LaunchPlace = std::tuple<DeploymentId, Environment, std::optional<IncomingWebhookId>>;

LaunchPlace place_of(const LaunchRequest& request) {
  return {request.deployment_id, request.environment, request.incoming_webhook_id};
}

}  // namespace

struct RunExecutor::Impl {
  Impl(RunContext c, const ExecutorOptions& options)
      : context(std::move(c)),
        line(context.executor, context.clock,
             {.slots = options.max_concurrent_runs,
              .max_waiting = options.max_waiting_requests,
              .start_timeout = options.start_timeout}),
        tasks(context.executor, "runs", context.on_failure),
        drain_timer(context.clock.make_timer(context.executor)) {
    if (!options.home.empty()) context.inherited.home = options.home;
  }

  class Active;

  Task<Result<Launched>> launch(LaunchRequest request, Caller& caller);
  Task<Result<Launched>> lead(LaunchesUnderWay::Duty duty, LaunchRequest request, Caller& caller);
  Task<Result<std::optional<Launched>>> look_first(const LaunchRequest& request);
  Task<void> run(WaitingLine::Slot slot, LaunchesUnderWay::Duty duty, LaunchRequest request);
  Task<Result<>> recover();
  Task<Result<Run>> cancel(RunId id);
  Task<void> drain();

  RunContext context;
  WaitingLine line;
  LaunchesUnderWay launches;
  std::unordered_map<RunId, std::shared_ptr<RunControl>> active;
  std::map<LaunchPlace, SteadyTime> started_at;
  TaskGroup tasks;
  std::unique_ptr<Timer> drain_timer;
};

// In the list of runs that can be cancelled, as long as it lives.
class RunExecutor::Impl::Active {
 public:
  Active(Impl& impl, RunId id, std::shared_ptr<RunControl> control)
      : impl_(impl), id_(std::move(id)), control_(std::move(control)) {
    impl_.active.emplace(id_, control_);
  }
  ~Active() {
    impl_.active.erase(id_);
    control_->ended();
    if (impl_.context.draining && impl_.active.empty()) impl_.drain_timer->wake();
  }
  Active(const Active&) = delete;
  Active& operator=(const Active&) = delete;

 private:
  Impl& impl_;
  RunId id_;
  std::shared_ptr<RunControl> control_;
};

Task<Result<Launched>> RunExecutor::Impl::launch(LaunchRequest request, Caller& caller) {
  if (context.draining) co_return shutting_down();
  if (!request.idempotency) {
    co_return co_await lead(launches.begin(std::nullopt, {}), std::move(request), caller);
  }
  const LaunchKey key{idempotency_scope(request), request.idempotency->key};
  const auto& body = request.idempotency->body_sha256;
  // Whoever comes first launches; the others share what comes of it, or take over when the first one went away.
  while (const auto other = launches.find(key)) {
    if (other->body_sha256 != body) co_return idempotency_key_reused();
    if (!co_await wait_for_outcome(context.executor, other, caller)) co_return caller_gone();
    if (other->outcome) co_return as_replay(*other->outcome);
  }
  auto duty = launches.begin(key, body);
  co_return co_await lead(std::move(duty), std::move(request), caller);
}

Task<Result<Launched>> RunExecutor::Impl::lead(LaunchesUnderWay::Duty duty, LaunchRequest request, Caller& caller) {
  const auto launching = duty.launching();
  const auto place = place_of(request);
  auto known = co_await look_first(request);
  if (!known || *known) {
    duty.resolve(known ? Result<Launched>(**known) : std::unexpected(std::move(known).error()));
    co_return *launching->outcome;
  }
  const auto asked = context.clock.steady_now();
  auto slot = co_await line.acquire(caller);
  context.metrics->wait_seconds.observe(context.clock.steady_now() - asked);
  if (!slot) {
    if (!is_caller_gone(slot.error())) duty.resolve(std::unexpected(slot.error()));
    co_return std::unexpected(std::move(slot).error());
  }
  tasks.spawn("run", run(*std::move(slot), std::move(duty), std::move(request)));
  PresentCaller whoever;  // the run goes on now whether the caller stays or not
  co_await wait_for_outcome(context.executor, launching, whoever);
  if (!launching->outcome) co_return fail(ErrorKind::internal, "internal", "The run's task failed.");
  if (*launching->outcome) {
    if (started_at.size() >= max_lately_started) started_at.clear();
    started_at[place] = context.clock.steady_now();
  }
  co_return *launching->outcome;
}

// Saves a launch that needs no slot, or cannot succeed, from waiting for one. When there is nothing to wait for, or it
// succeeded a moment ago, the transaction that records the run is the only look.
Task<Result<std::optional<Launched>>> RunExecutor::Impl::look_first(const LaunchRequest& request) {
  if (!request.idempotency) {
    if (!line.must_wait()) co_return std::nullopt;
    if (auto allowed = line.may_enter(); !allowed) co_return std::unexpected(std::move(allowed).error());
    const auto started = started_at.find(place_of(request));
    if (started != started_at.end() && context.clock.steady_now() - started->second < lately) co_return std::nullopt;
  }
  const auto look = [this, &request](Tx& tx) { return look_before_waiting(tx, request, context.clock.now()); };
  co_return co_await context.store.read(look);
}

Task<void> RunExecutor::Impl::run(WaitingLine::Slot slot, LaunchesUnderWay::Duty duty, LaunchRequest request) {
  const auto held = std::move(slot);
  const auto id = context.ids.make<RunId>();
  const auto control = std::make_shared<RunControl>();
  const Active registered(*this, id, control);
  RunTask task(context, id, *control, std::move(request), std::move(duty));
  co_await task.run();
}

Task<Result<>> RunExecutor::Impl::recover() {
  for (;;) {
    fault_point("recover");
    const auto options = context.event_options();
    const auto interrupt = [this, &options](Tx& tx) -> Result<Interrupted> {
      return interrupt_open_runs(tx, recovered_at_once, context.clock.now(), options);
    };
    auto interrupted = co_await context.store.write(interrupt);
    if (!interrupted) co_return std::unexpected(std::move(interrupted).error());
    for (const auto& run : interrupted->runs) {
      log_warning("run interrupted", {{"run_id", run.id}, {"deployment_id", run.deployment_id}});
    }
    auto& webhooks = interrupted->webhooks;
    std::ranges::sort(webhooks);
    webhooks.erase(std::ranges::unique(webhooks).begin(), webhooks.end());
    if (!webhooks.empty()) context.deliveries.deliveries_due(webhooks);
    if (interrupted->runs.size() < recovered_at_once) co_return Result<>{};
  }
}

Task<Result<Run>> RunExecutor::Impl::cancel(RunId id) {
  if (const auto found = active.find(id); found != active.end()) {
    const auto control = found->second;
    const auto timer = context.clock.make_timer(context.executor);
    const RunControl::EndWatch watch(*control, *timer);
    control->stop(StopReason::canceled);
    co_await timer->wait(context.options.kill_grace + time_to_die);
  }
  const auto look = [&id](Tx& tx) -> Result<Run> {
    if (auto run = find_run(tx, id)) return *std::move(run);
    return fail(ErrorKind::not_found, "not_found", "There is no such run.");
  };
  co_return co_await context.store.read(look);
}

Task<void> RunExecutor::Impl::drain() {
  const bool first = !std::exchange(context.draining, true);
  line.close();
  if (first && !active.empty()) {
    log_info("waiting for runs to end", {{"running", active.size()}});
    if (!context.hurried) co_await drain_timer->wait(context.options.drain_timeout);
    for (const auto& [id, control] : active) {
      control->stop(StopReason::interrupted);
      if (context.hurried) control->hurry();
    }
  }
  co_await tasks.join();
}

RunExecutor::RunExecutor(Executor executor, Store& store, Clock& clock, IdGenerator& ids, DeliveryWakeUp& deliveries,
                         RunFeeds& feeds, ChangeFeed& changes, Spawner& spawner, const BuiltinRegistry& builtins,
                         ExecutorOptions options, TaskGroup::FailureHandler on_failure)
    : impl_(std::make_unique<Impl>(RunContext{.executor = std::move(executor),
                                              .store = store,
                                              .clock = clock,
                                              .ids = ids,
                                              .deliveries = deliveries,
                                              .feeds = feeds,
                                              .changes = changes,
                                              .spawner = spawner,
                                              .builtins = builtins,
                                              .options = options,
                                              .on_failure = std::move(on_failure)},
                                   options)) {}

RunExecutor::~RunExecutor() = default;

Task<Result<>> RunExecutor::recover() { return impl_->recover(); }
Task<Result<Launched>> RunExecutor::launch(LaunchRequest request, Caller& caller) {
  return impl_->launch(std::move(request), caller);
}
Task<Result<Run>> RunExecutor::cancel(RunId id) { return impl_->cancel(std::move(id)); }
Task<void> RunExecutor::drain() { return impl_->drain(); }

void RunExecutor::hurry() {
  impl_->context.hurried = true;
  impl_->drain_timer->wake();
  if (!impl_->context.draining) return;
  for (const auto& [id, control] : impl_->active) control->hurry();
}

std::size_t RunExecutor::running() const { return impl_->line.busy(); }
std::size_t RunExecutor::waiting() const { return impl_->line.waiting(); }
const RunMetrics& RunExecutor::metrics() const { return *impl_->context.metrics; }

}  // namespace crewship
