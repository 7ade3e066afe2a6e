// Writes the head of a response: status line, Date, X-Request-Id, the handler's headers and how the body ends. Pure,
// but for the Date, which is formatted once a second (RFC 9110 §6.6.1).
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include <crewship/base/clock.hpp>
#include <crewship/http/message.hpp>

namespace crewship {

class DateHeader {
 public:
  explicit DateHeader(const Clock& clock) : clock_(clock) {}
  const std::string& value();  // "Wed, 15 Jan 2025 10:30:00 GMT"

 private:
  const Clock& clock_;
  std::chrono::sys_seconds second_{};
  std::string value_;
};

enum class BodyFraming { none, content_length, chunked, until_close };
enum class ConnectionOption { implied, close, keep_alive };

struct ResponseFrame {
  BodyFraming framing = BodyFraming::content_length;
  std::size_t content_length = 0;
  ConnectionOption connection = ConnectionOption::implied;
};

// Throws std::invalid_argument when a header would break the head apart: a bug of the handler.
void check_headers(const Response& response);

// Framing headers are the server's: what the handler set of them is left out. The headers have been checked.
void append_response_head(std::string& out, const Response& response, std::string_view request_id,
                          std::string_view date, const ResponseFrame& frame);

// 1xx, 204 and 304 (RFC 9110 §6.4.1).
bool status_has_body(int status);

}  // namespace crewship
