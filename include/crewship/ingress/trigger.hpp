// The rules of a request that starts a run, and its answer: the same for a webhook's URL and for POST /v1/runs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <crewship/base/error.hpp>
#include <crewship/http/message.hpp>
#include <crewship/runs/executor.hpp>

namespace crewship {

// Bodies that are not plain JSON text: unsupported_media_type for Content-Encoding and multipart. Other content types
// are accepted, because `curl -d` sends JSON as a form.
Result<> check_payload_headers(const Request& request);

// The run's input from a body or a member of one: empty is {}; "invalid_json" or "invalid_input" when it is no object.
Result<std::string> checked_input(std::string_view text);

// From the Idempotency-Key header, bound to what the caller asked for; nothing when there is none.
Result<std::optional<Idempotency>> idempotency_of(const Request& request, std::string_view asked_for);

// The caller's traceparent as the run keeps it; empty when there is none, or none that is valid.
std::string received_traceparent(const Request& request);

// 202 with run_id, version_id, version_number, status and Location, or the error.
Response launched_response(const Result<Launched>& launched);

}  // namespace crewship
