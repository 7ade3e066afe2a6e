// What changes on the whole server, for consoles and operators.
#include <utility>

#include <crewship/events/change_feed.hpp>
#include <crewship/events/frame.hpp>

#include "context.hpp"
#include "streams.hpp"

namespace crewship {
namespace {

Error invalid_filter(std::string field) {
  return Error{.kind = ErrorKind::invalid,
               .code = "invalid_filter",
               .message = "The value of " + field + " is not one that exists.",
               .field = field};
}

Result<std::vector<ChangeType>> parse_types(std::string_view text) {
  std::vector<ChangeType> types;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    const auto type = parse_change_type(text.substr(0, end));
    if (!type) return std::unexpected(invalid_filter("types"));
    types.push_back(*type);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return types;
}

Result<ChangeFilter> filter_of(const StreamQuery& query) {
  ChangeFilter filter;
  if (const auto given = query.find("types"); given != query.end()) {
    auto types = parse_types(given->second);
    if (!types) return std::unexpected(types.error());
    filter.types = *std::move(types);
  }
  if (const auto given = query.find("deployment_id"); given != query.end()) {
    filter.deployment_id = DeploymentId::parse(given->second);
    if (!filter.deployment_id) return std::unexpected(invalid_filter("deployment_id"));
  }
  if (const auto given = query.find("environment"); given != query.end()) {
    filter.environment = parse_environment(given->second);
    if (!filter.environment) return std::unexpected(invalid_filter("environment"));
  }
  return filter;
}

Task<void> send_changes(std::shared_ptr<ChangeWatch> watch, BodyWriter& writer) {
  for (;;) {
    const auto piece = co_await watch->next(comment_interval);
    if (piece.end) co_return;
    const std::string_view bytes = piece.bytes.empty() ? comment_frame : std::string_view(piece.bytes);
    if (const auto written = co_await writer.write(bytes); !written) co_return;
  }
}

Task<Response> changes(ApiContext& api, Request& request) {
  const auto query = parse_stream_query(request, {"types", "deployment_id", "environment", "last_event_id"});
  if (!query) co_return error_response(query.error());
  auto filter = filter_of(*query);
  if (!filter) co_return error_response(filter.error());
  const auto after = last_event_id(request, *query);
  if (!after) co_return error_response(after.error());
  const auto watch = std::make_shared<ChangeWatch>(api.changes, *std::move(filter), *after);
  co_return stream_response("text/event-stream", [watch](BodyWriter& writer) { return send_changes(watch, writer); });
}

}  // namespace

void add_change_stream_route(ApiRoutes& routes) { routes.add("GET", "/v1/events", changes); }

}  // namespace crewship
