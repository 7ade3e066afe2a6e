#include "routing.hpp"

#include <utility>

#include <crewship/base/json_writer.hpp>

namespace crewship {
namespace {

constexpr std::string_view health_path = "/healthz";
constexpr std::string_view readiness_path = "/readyz";

Task<Response> answer_health(Request&) { co_return json_response(200, R"({"status":"ok"})"); }

Task<Response> answer_readiness(std::shared_ptr<std::function<Task<Result<>>()>> readiness) {
  const auto ready = co_await (*readiness)();
  co_return ready ? json_response(200, R"({"status":"ready"})") : error_response(ready.error());
}

}  // namespace

Result<> ready_in(AppState state) {
  if (state == AppState::ready) return {};
  const bool starting = state == AppState::starting;
  return std::unexpected(Error{.kind = ErrorKind::unavailable,
                               .code = starting ? "starting" : "draining",
                               .message = starting ? "The server is starting. Try again in a moment."
                                                   : "The server is shutting down and takes no new runs.",
                               .retry_after = std::chrono::seconds(1)});
}

void add_health_route(Router& router) { router.add("GET", health_path, answer_health); }

void add_readiness_route(Router& router, std::function<Task<Result<>>()> readiness) {
  router.add("GET", readiness_path,
             [shared = std::make_shared<std::function<Task<Result<>>()>>(std::move(readiness))](Request&) {
               return answer_readiness(shared);
             });
}

Task<Response> dispatch_when_started(const Router& router, AppState state, Request& request) {
  const bool health = request.path == health_path || request.path == readiness_path;
  if (state == AppState::starting && !health) co_return error_response(ready_in(state).error());
  co_return co_await router.dispatch(request);
}

}  // namespace crewship
