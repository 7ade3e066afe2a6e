#include <crewship/domain/run.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "words.hpp"

namespace crewship {
namespace {

constexpr std::array run_words{
    Word{RunStatus::pending, "pending"}, Word{RunStatus::running, "running"},   Word{RunStatus::succeeded, "succeeded"},
    Word{RunStatus::failed, "failed"},   Word{RunStatus::canceled, "canceled"},
};

// The wall clock may be set back while a run goes on; what people read as its duration must not become negative.
void end(Run& run, RunStatus status, WallTime now) {
  run.status = status;
  run.completed_at = std::max(now, run.started_at.value_or(run.created_at));
}

struct Advance {
  Run run;
  WallTime now;

  std::optional<Run> operator()(RunStarted) {
    if (run.status != RunStatus::pending) return std::nullopt;
    run.status = RunStatus::running;
    run.started_at = std::max(now, run.created_at);
    return std::move(run);
  }
  std::optional<Run> operator()(RunSucceeded change) {
    if (run.status != RunStatus::running) return std::nullopt;
    end(run, RunStatus::succeeded, now);
    run.output = std::move(change.output);
    return std::move(run);
  }
  std::optional<Run> operator()(RunFailed change) {
    if (is_terminal(run.status)) return std::nullopt;
    end(run, RunStatus::failed, now);
    run.error_message = std::move(change.error_message);
    return std::move(run);
  }
  std::optional<Run> operator()(RunCanceled) {
    if (is_terminal(run.status)) return std::nullopt;
    end(run, RunStatus::canceled, now);
    return std::move(run);
  }
};

}  // namespace

std::string_view to_string(RunStatus status) { return word_of(run_words, status); }
std::optional<RunStatus> parse_run_status(std::string_view text) { return value_of(run_words, text); }

bool is_terminal(RunStatus status) { return status != RunStatus::pending && status != RunStatus::running; }

std::optional<Run> advance(Run run, RunChange change, WallTime now) {
  return std::visit(Advance{std::move(run), now}, std::move(change));
}

std::optional<EventType> event_of(const Run& run) {
  if (run.status == RunStatus::succeeded) return EventType::run_succeeded;
  if (run.status == RunStatus::failed) return EventType::run_failed;
  return std::nullopt;
}

}  // namespace crewship
