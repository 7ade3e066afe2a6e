#include <crewship/ingress/trigger.hpp>

#include <algorithm>
#include <cctype>
#include <utility>

#include <crewship/base/crypto.hpp>
#include <crewship/base/json_writer.hpp>
#include <crewship/domain/json.hpp>
#include <crewship/domain/rules.hpp>
#include <crewship/domain/trace_context.hpp>

namespace crewship {
namespace {

constexpr std::string_view traceparent_header = "traceparent";

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) {
           return a == std::tolower(static_cast<unsigned char>(b));
         });
}

}  // namespace

Result<> check_payload_headers(const Request& request) {
  if (request.header("Content-Encoding")) {
    return fail(ErrorKind::unsupported_media_type, "unsupported_content_encoding",
                "Send the JSON body without Content-Encoding.");
  }
  if (starts_with_ignoring_case(request.header("Content-Type").value_or(""), "multipart/")) {
    return fail(ErrorKind::unsupported_media_type, "unsupported_content_type",
                "Send the input as a JSON body, not as multipart.");
  }
  return {};
}

Result<std::string> checked_input(std::string_view text) {
  if (text.empty()) return "{}";
  const auto kind = check_json(text);
  if (!kind) {
    return fail(ErrorKind::invalid, "invalid_json", "The body is not valid JSON: " + kind.error().message + ".");
  }
  if (*kind != JsonKind::object) {
    return fail(ErrorKind::invalid, "invalid_input", "The input of a run must be a JSON object.");
  }
  return std::string(text);
}

Result<std::optional<Idempotency>> idempotency_of(const Request& request, std::string_view asked_for) {
  const auto key = request.header("Idempotency-Key");
  if (!key) return std::nullopt;
  if (auto complaint = check_idempotency_key(*key)) {
    return fail(ErrorKind::invalid, "invalid_idempotency_key", "Idempotency-Key: " + *std::move(complaint));
  }
  return Idempotency{.key = std::string(*key), .body_sha256 = sha256(asked_for)};
}

std::string received_traceparent(const Request& request) {
  std::optional<std::string_view> only;
  for (const auto& [name, value] : request.headers) {
    if (name.size() != traceparent_header.size() || !starts_with_ignoring_case(name, traceparent_header)) continue;
    if (only) return {};  // nobody knows which one is meant
    only = value;
  }
  return only ? parse_traceparent(*only).value_or("") : "";
}

Response launched_response(const Result<Launched>& launched) {
  if (!launched) {
    Response response = error_response(launched.error());
    if (!launched.error().run_id.empty()) {
      response.headers.emplace_back("Location", "/v1/runs/" + launched.error().run_id);
    }
    response.close = launched.error().code == "shutting_down";
    return response;
  }
  JsonWriter body;
  body.begin_object()
      .field("run_id", launched->run_id.text())
      .field("version_id", launched->version_id.text())
      .field("version_number", launched->version_number)
      .field("status", "running")
      .end_object();
  Response response = json_response(202, body.take());
  response.headers.emplace_back("Location", "/v1/runs/" + launched->run_id.text());
  if (launched->replayed) response.headers.emplace_back("Idempotent-Replayed", "true");
  return response;
}

}  // namespace crewship
