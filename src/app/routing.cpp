#include "routing.hpp"

#include <utility>

#include <crewship/base/json_writer.hpp>

namespace crewship {
namespace {

constexpr std::string_view health_path = "/healthz";
constexpr std::string_view readiness_path = "/readyz";

Task<Response> answer_health(Request&) { co_return json_response(200, R"({"status":"ok"})"); }

Task<Response> answer_readiness(AppState state) {
  if (state == AppState::ready) co_return json_response(200, R"({"status":"ready"})");
  const bool starting = state == AppState::starting;
  co_return error_response(Error{.kind = ErrorKind::unavailable,
                                 .code = starting ? "starting" : "draining",
                                 .message = starting ? "The server is starting. Try again in a moment."
                                                     : "The server is shutting down and takes no new runs.",
                                 .retry_after = std::chrono::seconds(1)});
}

}  // namespace

void add_health_route(Router& router) { router.add("GET", health_path, answer_health); }

void add_readiness_route(Router& router, std::function<AppState()> state) {
  router.add("GET", readiness_path, [state = std::move(state)](Request&) { return answer_readiness(state()); });
}

Task<Response> dispatch_when_started(const Router& router, AppState state, Request& request) {
  const bool health = request.path == health_path || request.path == readiness_path;
  if (state == AppState::starting && !health) co_return co_await answer_readiness(state);
  co_return co_await router.dispatch(request);
}

}  // namespace crewship
