// What a run does, as it happens: its events for programs and browsers, its log for people.
#include <crewship/base/log.hpp>
#include <crewship/events/frame.hpp>
#include <crewship/events/run_feeds.hpp>
#include <crewship/store/runs.hpp>

#include "answers.hpp"
#include "context.hpp"
#include "query.hpp"
#include "streams.hpp"

namespace crewship {
namespace {

constexpr std::string_view what = "run";

std::optional<bool> parse_flag(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

// Until the run's end is sent, the client is gone, or the store fails; then the client comes back and goes on.
Task<void> send_feed(std::shared_ptr<RunWatch> watch, RunId run, std::string_view when_silent, BodyWriter& writer) {
  for (;;) {
    const auto piece = co_await watch->next(comment_interval);
    if (!piece) {
      log_warning("stream of a run ended early", {{"run_id", run}, {"error", piece.error().message}});
      co_return;
    }
    const auto bytes = piece->block ? piece->bytes : when_silent;
    if (piece->end && !piece->block) co_return;
    if (const auto written = co_await writer.write(bytes); !written || piece->end) co_return;
  }
}

Result<bool> flag_of(const StreamQuery& query, std::string_view name) {
  const auto given = query.find(name);
  if (given == query.end()) return false;
  if (const auto flag = parse_flag(given->second)) return *flag;
  return fail(ErrorKind::invalid, "invalid_filter", "The value must be true or false.", std::string(name));
}

Task<Response> events(ApiContext& api, Request& request) {
  const auto id = path_id<RunId>(request, what);
  if (!id) co_return error_response(id.error());
  const auto query = parse_stream_query(request, {"last_event_id", "timestamps"});
  if (!query) co_return error_response(query.error());
  const auto after = last_event_id(request, *query);
  if (!after) co_return error_response(after.error());
  const auto timed = flag_of(*query, "timestamps");
  if (!timed) co_return error_response(timed.error());
  const auto format = *timed ? FeedFormat::timed_events : FeedFormat::events;
  const auto watch = std::make_shared<RunWatch>(api.feeds, *id, format, *after, true);
  if (const auto opened = co_await watch->open(); !opened) co_return error_response(opened.error());
  co_return stream_response("text/event-stream", [watch, run = *id](BodyWriter& writer) {
    return send_feed(watch, run, comment_frame, writer);
  });
}

Task<Response> log_page(ApiContext& api, const RunId& id, const PageRequest& page) {
  co_return answer_list("logs", co_await api.store.read([&](Tx& tx) -> Result<Page<LogLine>> {
    if (!find_run_progress(tx, id)) return std::unexpected(not_found(what));
    return list_log_lines(tx, id, page);
  }));
}

// All of it from the cursor on, and what is still to come: a line each, for people with curl -N.
Task<Response> followed_log(ApiContext& api, const RunId& id, const PageRequest& page) {
  std::optional<std::int64_t> after;
  if (page.after) after = std::stoll(*page.after);
  const auto watch = std::make_shared<RunWatch>(api.feeds, id, FeedFormat::log_text, after, false);
  if (const auto opened = co_await watch->open(); !opened) co_return error_response(opened.error());
  co_return stream_response("text/plain; charset=utf-8",
                            [watch, run = id](BodyWriter& writer) { return send_feed(watch, run, {}, writer); });
}

Task<Response> logs(ApiContext& api, Request& request) {
  const auto id = path_id<RunId>(request, what);
  if (!id) co_return error_response(id.error());
  const auto query = ListQuery::parse(request, is_number_cursor, {"follow"});
  if (!query) co_return error_response(query.error());
  const auto follow = query->filter("follow", parse_flag);
  if (!follow) co_return error_response(follow.error());
  if (follow->value_or(false)) co_return co_await followed_log(api, *id, query->page());
  co_return co_await log_page(api, *id, query->page());
}

}  // namespace

void add_run_stream_routes(ApiRoutes& routes) {
  routes.add("GET", "/v1/runs/{id}/events", events);
  routes.add("GET", "/v1/runs/{id}/logs", logs);
}

}  // namespace crewship
