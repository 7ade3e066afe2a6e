#include "response_head.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <stdexcept>

#include "syntax.hpp"

namespace crewship {
namespace {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";
  }
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_two_digits(std::string& out, unsigned number) {
  out.push_back(static_cast<char>('0' + number / 10));
  out.push_back(static_cast<char>('0' + number % 10));
}

std::string http_date(std::chrono::sys_seconds time) {
  static constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string text;
  text.append(days[std::chrono::weekday(day).c_encoding()]).append(", ");
  append_two_digits(text, static_cast<unsigned>(date.day()));
  text.append(" ").append(months[static_cast<unsigned>(date.month()) - 1]).append(" ");
  append_number(text, static_cast<std::uint64_t>(static_cast<int>(date.year())));
  text.push_back(' ');
  append_two_digits(text, static_cast<unsigned>(clock.hours().count()));
  text.push_back(':');
  append_two_digits(text, static_cast<unsigned>(clock.minutes().count()));
  text.push_back(':');
  append_two_digits(text, static_cast<unsigned>(clock.seconds().count()));
  return text.append(" GMT");
}

bool is_framing_header(std::string_view name) {
  return equal_without_case(name, "Content-Length") || equal_without_case(name, "Transfer-Encoding") ||
         equal_without_case(name, "Connection");
}

}  // namespace

const std::string& DateHeader::value() {
  const auto second = std::chrono::floor<std::chrono::seconds>(clock_.now());
  if (value_.empty() || second != second_) {
    second_ = second;
    value_ = http_date(second);
  }
  return value_;
}

void check_headers(const Response& response) {
  for (const auto& [name, value] : response.headers) {
    // The text of neither: it may have come from the request.
    if (name.empty() || !all_in_class(token_characters, name) || !all_in_class(field_value_characters, value))
      throw std::invalid_argument("the handler set a header that is not one line");
  }
}

bool status_has_body(int status) { return status >= 200 && status != 204 && status != 304; }

void append_response_head(std::string& out, const Response& response, std::string_view request_id,
                          std::string_view date, const ResponseFrame& frame) {
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::uint64_t>(response.status));
  out.append(" ").append(reason_phrase(response.status));
  out.append("\r\nDate: ").append(date);
  out.append("\r\nX-Request-Id: ").append(request_id);
  for (const auto& [name, value] : response.headers) {
    if (is_framing_header(name)) continue;
    out.append("\r\n").append(name).append(": ").append(value);
  }
  if (frame.framing == BodyFraming::content_length) {
    out.append("\r\nContent-Length: ");
    append_number(out, frame.content_length);
  } else if (frame.framing == BodyFraming::chunked) {
    out.append("\r\nTransfer-Encoding: chunked");
  }
  if (frame.connection == ConnectionOption::close) out.append("\r\nConnection: close");
  if (frame.connection == ConnectionOption::keep_alive) out.append("\r\nConnection: keep-alive");
  out.append("\r\n\r\n");
}

}  // namespace crewship
