#include <crewship/app/saved_request.hpp>

#include <algorithm>
#include <utility>

namespace crewship {
namespace {

std::string_view take_line(std::string_view& text) {
  std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_first_line(std::string_view line) {
  return line.starts_with("HTTP/") || line.ends_with(" HTTP/1.1") || line.ends_with(" HTTP/1.0") ||
         line.ends_with(" HTTP/2");
}

bool is_space(char c) { return c == ' ' || c == '\t'; }

}  // namespace

Result<std::pair<std::string, std::string>> parse_header_line(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos || std::ranges::any_of(line.substr(0, colon), is_space)) {
    return fail(ErrorKind::invalid, "invalid_request", "A header is written 'Name: value'.");
  }
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && is_space(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_space(value.back())) value.remove_suffix(1);
  return std::pair(std::string(line.substr(0, colon)), std::string(value));
}

Result<SavedRequest> parse_saved_request(std::string_view text) {
  SavedRequest request;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = take_line(text);
    if (line.empty()) break;
    if (number == 1 && is_first_line(line)) continue;
    auto header = parse_header_line(line);
    if (!header) {
      return fail(ErrorKind::invalid, "invalid_request",
                  "Line " + std::to_string(number) +
                      " is no header. The file must hold the headers, an empty line, and the body.");
    }
    request.headers.push_back(*std::move(header));
  }
  request.body = text;
  return request;
}

std::string saved_request_text(const Request& request) {
  std::string text = request.method + " " + request.path;
  if (!request.query.empty()) text += "?" + request.query;
  text += " HTTP/1.1\r\n";
  for (const auto& [name, value] : request.headers) text.append(name).append(": ").append(value).append("\r\n");
  return text.append("\r\n").append(request.body);
}

}  // namespace crewship
