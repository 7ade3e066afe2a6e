#include <crewship/http/message.hpp>

#include <algorithm>
#include <cstddef>

#include "percent.hpp"
#include "syntax.hpp"

namespace crewship {
namespace {

std::unexpected<Error> invalid_query(std::string message) {
  return fail(ErrorKind::invalid, "invalid_query", std::move(message));
}

// A name or a value as forms and URLSearchParams write it: '+' is a space.
std::optional<std::string> decode_query_part(std::string_view part) {
  std::string spaced(part);
  std::ranges::replace(spaced, '+', ' ');
  return percent_decode(spaced);
}

}  // namespace

std::optional<std::string_view> find_header(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (equal_without_case(key, name)) return value;
  return std::nullopt;
}

std::string_view Request::path_parameter(std::string_view name) const {
  for (const auto& [key, value] : path_parameters)
    if (key == name) return value;
  return {};
}

Result<std::vector<std::pair<std::string, std::string>>> query_parameters(const Request& request) {
  std::vector<std::pair<std::string, std::string>> parameters;
  std::string_view rest = request.query;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view piece = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (piece.empty()) continue;
    const std::size_t equals = std::min(piece.find('='), piece.size());
    auto name = decode_query_part(piece.substr(0, equals));
    auto value = decode_query_part(piece.substr(std::min(equals + 1, piece.size())));
    if (!name || !value)
      return invalid_query("The query string is not percent-encoded UTF-8; write a percent sign as %25.");
    if (name->empty()) return invalid_query("The query string has a parameter without a name.");
    if (std::ranges::any_of(parameters, [&](const auto& known) { return known.first == *name; }))
      return invalid_query("The query parameter " + *name + " is given twice; give it once.");
    parameters.emplace_back(std::move(*name), std::move(*value));
  }
  return parameters;
}

Response json_response(int status, std::string body) {
  Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

Response empty_response(int status) {
  Response response;
  response.status = status;
  return response;
}

}  // namespace crewship
