#include <crewship/events/change_feed.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include <crewship/base/json_writer.hpp>
#include <crewship/base/time_format.hpp>
#include <crewship/events/frame.hpp>

namespace crewship {
namespace {

// How long changes are recorded for listeners who may come back.
constexpr auto memory_after_last = std::chrono::minutes(5);
// What one piece brings at most, but for its last frame.
constexpr std::size_t piece_bytes = 16384;
// A restart comes later than this many changes a millisecond could be counted.
constexpr std::int64_t numbers_a_millisecond = 1000;

constexpr std::array names{std::pair{ChangeType::run_pending, std::string_view("run.pending")},
                           std::pair{ChangeType::run_started, std::string_view("run.started")},
                           std::pair{ChangeType::run_succeeded, std::string_view("run.succeeded")},
                           std::pair{ChangeType::run_failed, std::string_view("run.failed")},
                           std::pair{ChangeType::run_canceled, std::string_view("run.canceled")},
                           std::pair{ChangeType::delivery_pending, std::string_view("delivery.pending")},
                           std::pair{ChangeType::delivery_attempt, std::string_view("delivery.attempt")},
                           std::pair{ChangeType::delivery_succeeded, std::string_view("delivery.succeeded")},
                           std::pair{ChangeType::delivery_failed, std::string_view("delivery.failed")}};

std::optional<std::string> timestamp(const std::optional<WallTime>& time) {
  return time.transform([](WallTime t) { return format_timestamp(t); });
}

ChangeType change_of(RunStatus status) {
  switch (status) {
    case RunStatus::pending:
      return ChangeType::run_pending;
    case RunStatus::running:
      return ChangeType::run_started;
    case RunStatus::succeeded:
      return ChangeType::run_succeeded;
    case RunStatus::failed:
      return ChangeType::run_failed;
    case RunStatus::canceled:
      break;
  }
  return ChangeType::run_canceled;
}

std::string summary(const Run& run) {
  JsonWriter json;
  json.begin_object()
      .field("run_id", run.id.text())
      .field("deployment_id", run.deployment_id.text())
      .field("version_id", run.version_id.text())
      .field("version_number", run.version_number)
      .field("environment", to_string(run.environment))
      .field("status", to_string(run.status))
      .field("incoming_webhook_id", run.incoming_webhook_id.transform([](const auto& id) { return id.text(); }))
      .field("created_at", format_timestamp(run.created_at))
      .field("started_at", timestamp(run.started_at))
      .field("completed_at", timestamp(run.completed_at))
      .field("error_message", run.error_message)
      .end_object();
  return json.take();
}

std::string summary(const Delivery& delivery, const DeliveryScope& scope, const Attempt* attempt) {
  JsonWriter json;
  json.begin_object()
      .field("delivery_id", delivery.id.text())
      .field("outgoing_webhook_id", delivery.outgoing_webhook_id.text())
      .field("run_id", delivery.run_id.transform([](const RunId& id) { return id.text(); }))
      .field("deployment_id", scope.deployment_id.text())
      .field("environment", to_string(scope.environment))
      .field("event", to_string(delivery.event))
      .field("status", to_string(delivery.status))
      .field("created_at", format_timestamp(delivery.created_at))
      .field("next_attempt_at", timestamp(delivery.next_attempt_at))
      .field("completed_at", timestamp(delivery.completed_at))
      .field("error", delivery.error);
  if (attempt != nullptr) {
    json.key("attempt")
        .begin_object()
        .field("id", attempt->id.text())
        .field("number", attempt->number)
        .field("status", to_string(attempt->status))
        .field("response_status", attempt->response_status)
        .field("error", attempt->error)
        .field("started_at", format_timestamp(attempt->started_at))
        .field("duration_ms", attempt->duration.transform([](auto duration) { return duration.count(); }))
        .end_object();
  }
  json.end_object();
  return json.take();
}

std::string reset_frame(std::int64_t number) {
  std::string frame;
  append_frame(frame, number, "reset", "{}");
  return frame;
}

}  // namespace

std::string_view to_string(ChangeType type) {
  return std::ranges::find(names, type, [](const auto& name) { return name.first; })->second;
}

std::optional<ChangeType> parse_change_type(std::string_view text) {
  const auto* const found = std::ranges::find(names, text, [](const auto& name) { return name.second; });
  if (found == names.end()) return std::nullopt;
  return found->first;
}

ChangeFeed::ChangeFeed(Executor executor, Clock& clock, std::size_t kept_bytes)
    : executor_(std::move(executor)),
      clock_(clock),
      kept_limit_(kept_bytes),
      last_number_(unix_milliseconds(clock.now()) * numbers_a_millisecond),
      forgotten_(last_number_) {}

void ChangeFeed::run_changed(const Run& run) {
  if (!recording()) return;
  publish(change_of(run.status), {run.deployment_id, run.environment}, summary(run));
}

void ChangeFeed::run_started(const Run& ended) {
  if (!recording()) return;
  Run started = ended;
  started.status = RunStatus::running;
  started.completed_at.reset();
  started.error_message.reset();
  run_changed(started);
}

void ChangeFeed::delivery_pending(const Delivery& delivery, const DeliveryScope& scope) {
  if (!recording()) return;
  publish(ChangeType::delivery_pending, scope, summary(delivery, scope, nullptr));
}

void ChangeFeed::attempt_ended(const Delivery& delivery, const Attempt& attempt, const DeliveryScope& scope) {
  if (!recording()) return;
  const std::string data = summary(delivery, scope, &attempt);
  publish(ChangeType::delivery_attempt, scope, data);
  if (delivery.status == DeliveryStatus::succeeded) publish(ChangeType::delivery_succeeded, scope, data);
  if (delivery.status == DeliveryStatus::failed) publish(ChangeType::delivery_failed, scope, data);
}

void ChangeFeed::much_changed() {
  if (!recording()) return;
  const auto number = last_number_ + 1;
  keep({.number = number, .type = std::nullopt, .scope = {}, .frame = reset_frame(number)});
}

// What nobody may ever ask for is not even rendered; who asks all the same learns that something is missing.
bool ChangeFeed::recording() {
  if (!watchers_.empty()) return true;
  if (deserted_at_ && clock_.steady_now() - *deserted_at_ < memory_after_last) return true;
  deserted_at_.reset();
  kept_.clear();
  kept_bytes_ = 0;
  forgotten_ = ++last_number_;
  return false;
}

void ChangeFeed::publish(ChangeType type, DeliveryScope scope, std::string_view data) {
  Change change{.number = last_number_ + 1, .type = type, .scope = std::move(scope), .frame = {}};
  append_frame(change.frame, change.number, to_string(type), data);
  keep(std::move(change));
}

void ChangeFeed::keep(Change change) {
  last_number_ = change.number;
  kept_bytes_ += change.frame.size();
  kept_.push_back(std::move(change));
  while (kept_bytes_ > kept_limit_ && kept_.size() > 1) {
    kept_bytes_ -= kept_.front().frame.size();
    forgotten_ = kept_.front().number;
    kept_.pop_front();
  }
  for (Timer* watcher : watchers_) watcher->wake();
}

void ChangeFeed::close() {
  closed_ = true;
  for (Timer* watcher : watchers_) watcher->wake();
}

bool ChangeFeed::matches(const Change& change, const ChangeFilter& filter) {
  if (!change.type) return true;
  if (!filter.types.empty() && std::ranges::find(filter.types, *change.type) == filter.types.end()) return false;
  return filter.deployment_id.value_or(change.scope.deployment_id) == change.scope.deployment_id &&
         filter.environment.value_or(change.scope.environment) == change.scope.environment;
}

ChangeWatch::ChangeWatch(ChangeFeed& feed, ChangeFilter filter, std::optional<std::int64_t> after)
    : feed_(feed),
      filter_(std::move(filter)),
      timer_(feed.clock_.make_timer(feed.executor_)),
      position_(after.value_or(feed.last_number_)) {
  feed_.watchers_.push_back(timer_.get());
}

ChangeWatch::~ChangeWatch() {
  std::erase(feed_.watchers_, timer_.get());
  if (feed_.watchers_.empty()) feed_.deserted_at_ = feed_.clock_.steady_now();
}

Task<ChangePiece> ChangeWatch::next(std::chrono::nanoseconds patience) {
  const auto until = feed_.clock_.steady_now() + patience;
  for (;;) {
    if (feed_.closed_) co_return ChangePiece{.end = true};
    if (auto bytes = take(); !bytes.empty()) co_return ChangePiece{.bytes = std::move(bytes)};
    const auto left = until - feed_.clock_.steady_now();
    if (left <= left.zero() || co_await timer_->wait(left)) co_return ChangePiece{};
  }
}

std::string ChangeWatch::take() {
  std::string bytes;
  // Also for a number that was never given: the clock was set back over a restart.
  if (position_ < feed_.forgotten_ || position_ > feed_.last_number_) {
    position_ = feed_.last_number_;
    return reset_frame(position_);
  }
  auto change = std::ranges::upper_bound(feed_.kept_, position_, {}, &ChangeFeed::Change::number);
  for (; change != feed_.kept_.end() && bytes.size() < piece_bytes; ++change) {
    position_ = change->number;
    if (ChangeFeed::matches(*change, filter_)) bytes += change->frame;
  }
  return bytes;
}

}  // namespace crewship
