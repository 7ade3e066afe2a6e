// The one place that renders errors: {"error":{"code","message","field"?,"run_id"?}}.
#include "error_response.hpp"

#include <string>

#include <crewship/base/json_writer.hpp>

namespace crewship {
namespace {

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid:
      return 400;
    case ErrorKind::unauthorized:
      return 401;
    case ErrorKind::forbidden:
      return 403;
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::method_not_allowed:
      return 405;
    case ErrorKind::request_timeout:
      return 408;
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::too_large:
      return 413;
    case ErrorKind::unsupported_media_type:
      return 415;
    case ErrorKind::unprocessable:
      return 422;
    case ErrorKind::too_many_requests:
      return 429;
    case ErrorKind::headers_too_large:
      return 431;
    case ErrorKind::internal:
      return 500;
    case ErrorKind::unavailable:
      return 503;
  }
  return 500;
}

std::string error_body(std::string_view code, std::string_view message, std::string_view field,
                       std::string_view run_id) {
  JsonWriter json;
  json.begin_object().key("error").begin_object().field("code", code).field("message", message);
  if (!field.empty()) json.field("field", field);
  if (!run_id.empty()) json.field("run_id", run_id);
  json.end_object().end_object();
  return json.take();
}

}  // namespace

Response error_response(const Error& error) {
  Response response =
      json_response(status_of(error.kind), error_body(error.code, error.message, error.field, error.run_id));
  if (error.retry_after) response.headers.emplace_back("Retry-After", std::to_string(error.retry_after->count()));
  if (error.kind == ErrorKind::unauthorized) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

Response error_response(int status, std::string_view code, std::string_view message) {
  return json_response(status, error_body(code, message, {}, {}));
}

}  // namespace crewship
