#include <crewship/http/request_head.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "syntax.hpp"

namespace crewship {
namespace {

constexpr std::size_t max_method_bytes = 32;
// Fields that say who asks for what, and of which there is one (RFC 9110 §5.3). Of two, a proxy may have read the
// other.
constexpr std::array<std::string_view, 5> single_headers{"Authorization", "Content-Type", "Idempotency-Key", "Origin",
                                                         "Sec-Fetch-Site"};
constexpr std::size_t max_length_digits = 18;  // fits 63 bits, whatever the digits are

std::unexpected<Refusal> refuse(std::string_view message) {
  return std::unexpected(Refusal{400, "bad_request", message});
}

std::unexpected<Refusal> bare_line_end() {
  return refuse("A line of the head ends in LF alone; each must end in CRLF.");
}

std::unexpected<Refusal> target_too_long() {
  return std::unexpected(Refusal{414, "target_too_long", "The request target is too long; send data in the body."});
}

std::unexpected<Refusal> head_too_large() {
  return std::unexpected(
      Refusal{431, "headers_too_large", "The request line and headers are too large; send fewer or shorter headers."});
}

struct RequestLine {
  std::string_view method;
  std::string_view path;
  std::string_view query;
  bool http_1_0 = false;
};

using Checked = std::expected<void, Refusal>;

Checked check_method(std::string_view method) {
  if (method.empty() || method.size() > max_method_bytes || !all_in_class(token_characters, method))
    return refuse("The request does not begin with an HTTP method.");
  return {};
}

// As much of the request line as has arrived.
Checked check_partial_line(std::string_view line, const HeadLimits& limits) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line.empty() ? Checked{} : check_method(line);
  }
  if (auto checked = check_method(line.substr(0, space)); !checked) return checked;
  const std::string_view rest = line.substr(space + 1);
  if (rest.substr(0, rest.find(' ')).size() > limits.target_bytes) return target_too_long();
  return {};
}

// May be empty (RFC 3986 §3.2.3).
bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  return text.empty() ||
         (text.size() <= 5 && std::from_chars(text.data(), end, port) == std::from_chars_result{end, {}});
}

// uri-host [ ":" port ], not empty; an address in brackets is not taken apart.
bool is_authority(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || end < 3) return false;
    const bool address = std::ranges::all_of(text.substr(1, end - 1),
                                             [](char c) { return hex_digit_value(c) >= 0 || c == ':' || c == '.'; });
    const std::string_view rest = text.substr(end + 1);
    return address && (rest.empty() || (rest.starts_with(':') && is_port(rest.substr(1))));
  }
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (name.empty() || !all_in_class(host_name_characters, name)) return false;
  return colon == std::string_view::npos || is_port(text.substr(colon + 1));
}

// Origin form, or absolute form reduced to it (RFC 9112 §3.2.2).
std::expected<std::string_view, Refusal> origin_form(std::string_view target) {
  if (target.starts_with('/')) return target;
  const std::size_t scheme_end = target.find("://");
  if (scheme_end == std::string_view::npos) return refuse("The request target must begin with a slash.");
  const std::string_view scheme = target.substr(0, scheme_end);
  if (!equal_without_case(scheme, "http") && !equal_without_case(scheme, "https"))
    return refuse("The request target has a scheme other than http and https.");
  const std::string_view rest = target.substr(scheme_end + 3);
  const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  if (!is_authority(rest.substr(0, authority_end))) return refuse("The request target has an invalid host.");
  return rest.substr(authority_end);
}

std::expected<bool, Refusal> is_version_1_0(std::string_view version) {
  if (version == "HTTP/1.0") return true;
  const bool well_formed = version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.' &&
                           in_class(digit_characters, version[5]) && in_class(digit_characters, version[7]);
  if (well_formed && version[5] == '1') return false;  // a later minor version is read as 1.1 (RFC 9110 §2.5)
  if (well_formed)
    return std::unexpected(Refusal{505, "http_version_not_supported", "Only HTTP/1.1 and HTTP/1.0 are spoken here."});
  return refuse("The request line does not end in an HTTP version.");
}

std::expected<RequestLine, Refusal> parse_request_line(std::string_view line, const HeadLimits& limits) {
  const std::size_t method_end = line.find(' ');
  if (auto checked = check_method(line.substr(0, method_end)); !checked) return std::unexpected(checked.error());
  if (method_end == std::string_view::npos) return refuse("The request line has no target.");
  const std::size_t target_end = line.find(' ', method_end + 1);
  if (target_end == std::string_view::npos) return refuse("The request line does not end in an HTTP version.");
  const std::string_view target = line.substr(method_end + 1, target_end - method_end - 1);
  if (target.size() > limits.target_bytes) return target_too_long();
  const auto http_1_0 = is_version_1_0(line.substr(target_end + 1));
  if (!http_1_0) return std::unexpected(http_1_0.error());

  RequestLine parsed{.method = line.substr(0, method_end), .path = {}, .query = {}, .http_1_0 = *http_1_0};
  if (parsed.method == "CONNECT")
    return std::unexpected(Refusal{405, "method_not_allowed", "This is not a proxy; CONNECT is not possible."});
  if (parsed.method == "OPTIONS" && target == "*")
    return std::unexpected(Refusal{405, "method_not_allowed", "The server as a whole has no options to tell."});
  if (!all_in_class(target_characters, target))
    return refuse("The request target contains a byte that must be percent-encoded.");
  const auto origin = origin_form(target);
  if (!origin) return std::unexpected(origin.error());
  const std::size_t question_mark = origin->find('?');
  parsed.path = origin->substr(0, question_mark);
  if (!all_in_class(path_characters, parsed.path))
    return refuse("The path of the request contains a character that must be percent-encoded.");
  if (parsed.path.empty()) parsed.path = "/";
  if (question_mark != std::string_view::npos) parsed.query = origin->substr(question_mark + 1);
  return parsed;
}

// The headers that decide where a request ends and whether it is for us; each has its own rule.
class HeadChecks {
 public:
  explicit HeadChecks(RequestHead& head) : head_(head) {}

  Checked see(std::string_view name, std::string_view value) {
    if (equal_without_case(name, "Host")) return see_host(value);
    if (equal_without_case(name, "Content-Length")) return see_content_length(value);
    if (equal_without_case(name, "Transfer-Encoding")) return see_transfer_encoding(value);
    if (equal_without_case(name, "Connection")) return see_connection(value);
    if (equal_without_case(name, "Expect")) return see_expect(value);
    return see_single(name);
  }

  Checked finish() {
    if (!host_ && !head_.http_1_0) return refuse("The Host header is missing.");
    if (head_.chunked && content_length_) return refuse("Content-Length and Transfer-Encoding exclude each other.");
    if (head_.chunked && head_.http_1_0) return refuse("HTTP/1.0 has no Transfer-Encoding; send Content-Length.");
    head_.keep_alive = !close_ && (!head_.http_1_0 || keep_alive_);
    // An HTTP/1.0 client does not understand 100 (RFC 9110 §10.1.1).
    head_.expects_continue = expects_continue_ && !head_.http_1_0;
    return {};
  }

 private:
  Checked see_single(std::string_view name) {
    for (std::size_t i = 0; i < single_headers.size(); ++i) {
      if (equal_without_case(name, single_headers[i]) && std::exchange(seen_[i], true))
        return refuse("A header of which there can be one occurs twice.");
    }
    return {};
  }

  Checked see_host(std::string_view value) {
    if (std::exchange(host_, true)) return refuse("The Host header occurs twice.");
    if (!is_authority(value)) return refuse("The Host header is not a host name with an optional port.");
    return {};
  }

  Checked see_content_length(std::string_view value) {
    if (std::exchange(content_length_, true)) return refuse("Content-Length occurs twice.");
    if (value.empty() || value.size() > max_length_digits || !all_in_class(digit_characters, value))
      return refuse("Content-Length is not one decimal number.");
    std::from_chars(value.data(), value.data() + value.size(), head_.content_length);
    return {};
  }

  Checked see_transfer_encoding(std::string_view value) {
    if (std::exchange(head_.chunked, true) || !equal_without_case(value, "chunked"))
      return refuse("Transfer-Encoding other than chunked is not understood here.");
    return {};
  }

  Checked see_connection(std::string_view value) {
    while (!value.empty()) {
      const std::size_t comma = std::min(value.find(','), value.size());
      const std::string_view option = trim_white_space(value.substr(0, comma));
      if (equal_without_case(option, "close")) close_ = true;
      if (equal_without_case(option, "keep-alive")) keep_alive_ = true;
      value.remove_prefix(std::min(comma + 1, value.size()));
    }
    return {};
  }

  Checked see_expect(std::string_view value) {
    if (!equal_without_case(value, "100-continue"))
      return std::unexpected(Refusal{417, "expectation_failed", "The only expectation met here is 100-continue."});
    expects_continue_ = true;
    return {};
  }

  RequestHead& head_;
  std::array<bool, single_headers.size()> seen_{};
  bool host_ = false;
  bool content_length_ = false;
  bool close_ = false;
  bool keep_alive_ = false;
  bool expects_continue_ = false;
};

std::string_view refusal_of_field_line(std::string_view line) {
  if (line.starts_with(' ') || line.starts_with('\t')) return "A header is folded over two lines; write it on one.";
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return "A header line has no colon.";
  if (!all_in_class(token_characters, line.substr(0, colon)) || colon == 0)
    return "A header name is empty or contains a byte that is not allowed there, such as white space.";
  return "A header value contains a control character.";
}

}  // namespace

bool is_field_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  return colon != std::string_view::npos && colon > 0 && all_in_class(token_characters, line.substr(0, colon)) &&
         all_in_class(field_value_characters, line.substr(colon + 1));
}

std::expected<std::size_t, Refusal> HeadScanner::scan(std::string_view received) {
  for (;;) {
    const std::size_t line_feed = received.find('\n', scanned_);
    if (line_feed == std::string_view::npos) break;
    scanned_ = line_feed + 1;
    if (scanned_ > limits_.header_bytes) break;
    if (line_feed == line_start_ || received[line_feed - 1] != '\r') return bare_line_end();
    if (line_start_ > 0 && line_feed == line_start_ + 1) return scanned_;
    line_start_ = scanned_;
  }
  if (!request_line_checked_) {
    if (auto checked = check_begin(received); !checked) return std::unexpected(checked.error());
  }
  if (received.size() > limits_.header_bytes) return head_too_large();
  scanned_ = received.size();
  return std::size_t{0};
}

std::expected<void, Refusal> HeadScanner::check_begin(std::string_view received) {
  if (line_start_ == 0) return check_partial_line(received.substr(0, limits_.header_bytes), limits_);
  request_line_checked_ = true;
  const auto parsed = parse_request_line(received.substr(0, received.find("\r\n")), limits_);
  return parsed ? Checked{} : std::unexpected(parsed.error());
}

std::expected<RequestHead, Refusal> parse_request_head(std::string_view head, const HeadLimits& limits) {
  if (head.size() > limits.header_bytes) return head_too_large();
  std::size_t line_end = head.find("\r\n");
  const auto request_line = parse_request_line(head.substr(0, line_end), limits);
  if (!request_line) return std::unexpected(request_line.error());

  RequestHead parsed;
  parsed.method = request_line->method;
  parsed.path = request_line->path;
  parsed.query = request_line->query;
  parsed.http_1_0 = request_line->http_1_0;
  parsed.headers.reserve(std::min<std::size_t>(limits.header_count, 16));
  HeadChecks checks(parsed);
  for (;;) {
    if (line_end == std::string_view::npos) return refuse("The head does not end in an empty line.");
    const std::size_t line_start = line_end + 2;
    line_end = head.find("\r\n", line_start);
    const std::string_view line = head.substr(line_start, line_end - line_start);
    if (line.empty() && line_end + 2 == head.size()) break;
    if (!is_field_line(line)) return refuse(refusal_of_field_line(line));
    if (parsed.headers.size() == limits.header_count)
      return std::unexpected(Refusal{431, "headers_too_large", "The request has too many headers."});
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trim_white_space(line.substr(colon + 1));
    if (auto checked = checks.see(name, value); !checked) return std::unexpected(checked.error());
    parsed.headers.emplace_back(name, value);
  }
  if (auto checked = checks.finish(); !checked) return std::unexpected(checked.error());
  return parsed;
}

}  // namespace crewship
