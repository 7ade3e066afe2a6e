// The error value that travels from where the input, the network or the disk decided to the one place that answers.
// `kind` decides the HTTP status (one table, in http/error_response.cpp); the caller reads `code` and `message`.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <utility>

namespace crewship {

enum class ErrorKind {
  invalid,                 // 400
  unauthorized,            // 401
  forbidden,               // 403
  not_found,               // 404
  method_not_allowed,      // 405
  request_timeout,         // 408
  conflict,                // 409
  too_large,               // 413
  unsupported_media_type,  // 415
  unprocessable,           // 422
  too_many_requests,       // 429
  headers_too_large,       // 431
  internal,                // 500
  unavailable,             // 503
};

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string code;      // snake_case, stable
  std::string message;   // a sentence that says what to do
  std::string field{};   // the field of the request body that is wrong, when there is one
  std::string run_id{};  // the run that was recorded although the call failed, when there is one
  std::optional<std::chrono::seconds> retry_after{};
};

template <class T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorKind kind, std::string code, std::string message, std::string field = {}) {
  return std::unexpected(Error{kind, std::move(code), std::move(message), std::move(field), {}, {}});
}

}  // namespace crewship
