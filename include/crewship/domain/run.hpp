// A run and the only rules by which it changes. Pure: no clock, no I/O.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <crewship/domain/model.hpp>

namespace crewship {

enum class RunStatus { pending, running, succeeded, failed, canceled };
std::string_view to_string(RunStatus status);
std::optional<RunStatus> parse_run_status(std::string_view text);
bool is_terminal(RunStatus status);

struct Run {
  RunId id;
  DeploymentId deployment_id;
  VersionId version_id;
  std::int64_t version_number = 0;
  Environment environment = Environment::production;
  RunStatus status = RunStatus::pending;
  std::string input = "{}";                  // JSON object text, as the caller sent it
  std::optional<std::string> output;         // JSON object text, only when succeeded
  std::optional<std::string> error_message;  // only when failed
  std::optional<IncomingWebhookId> incoming_webhook_id;
  WallTime created_at;
  std::optional<WallTime> started_at;
  std::optional<WallTime> completed_at;
  // The request that asked for it; none for runs of earlier versions of the program.
  std::optional<WallTime> received_at{};
  std::string request_id{};
  std::string received_traceparent{};  // the caller's, if it sent a valid one; see trace_context.hpp
};

struct RunStarted {};
struct RunSucceeded {
  std::string output;
};
struct RunFailed {
  std::string error_message;
};
struct RunCanceled {};
using RunChange = std::variant<RunStarted, RunSucceeded, RunFailed, RunCanceled>;

// The run after the change, or nothing when the state machine forbids it (a finished run never changes again; pending
// may become running, failed or canceled; running may become succeeded, failed or canceled).
std::optional<Run> advance(Run run, RunChange change, WallTime now);

// The event that subscribers get for a run in this state; none for canceled and for runs that have not ended.
std::optional<EventType> event_of(const Run& run);

// What a program printed, as the run's output: a JSON object stays as it is, another JSON value or text becomes
// {"result": …}, nothing (or white space) becomes {}. Invalid UTF-8 in text becomes U+FFFD.
std::string output_from_stdout(std::string_view text);

// The error_message of a failed command: "exited with status 3: <last stderr line>", "killed by signal 9 (SIGKILL)".
std::string describe_exit(int exit_status, std::string_view last_log_line);
std::string describe_signal(int signal);

}  // namespace crewship
