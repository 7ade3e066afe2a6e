#include "streams.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <crewship/domain/json.hpp>

#include "query.hpp"

namespace crewship {

Result<StreamQuery> parse_stream_query(const Request& request, std::initializer_list<std::string_view> allowed) {
  auto parameters = query_parameters(request);
  if (!parameters) return std::unexpected(parameters.error());
  StreamQuery query;
  for (auto& [name, value] : *parameters) {
    if (std::ranges::find(allowed, name) == allowed.end()) {
      return fail(ErrorKind::invalid, "unknown_parameter", "This stream has no parameter of that name.",
                  replace_invalid_utf8(name));
    }
    query.emplace(std::move(name), std::move(value));
  }
  return query;
}

Result<std::optional<std::int64_t>> last_event_id(const Request& request, const StreamQuery& query) {
  std::string_view text = request.header("Last-Event-ID").value_or("");
  if (const auto given = query.find("last_event_id"); text.empty() && given != query.end()) text = given->second;
  if (text.empty()) return std::nullopt;
  if (!is_number_cursor(text)) {
    return fail(ErrorKind::invalid, "invalid_last_event_id", "Last-Event-ID must be the id of an event of this stream.",
                "last_event_id");
  }
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Response stream_response(std::string_view content_type, std::function<Task<void>(BodyWriter&)> stream) {
  Response response;
  response.headers = {{"Content-Type", std::string(content_type)},
                      {"Cache-Control", "no-store"},
                      {"X-Accel-Buffering", "no"},
                      {"X-Content-Type-Options", "nosniff"}};
  response.stream = std::move(stream);
  return response;
}

}  // namespace crewship
