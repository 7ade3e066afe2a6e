#include <crewship/store/runs.hpp>

#include <algorithm>

#include <crewship/base/log.hpp>
#include <crewship/base/log_limit.hpp>
#include <crewship/ingress/trigger.hpp>
#include <crewship/store/deployments.hpp>
#include <crewship/store/webhooks.hpp>

#include "answers.hpp"
#include "context.hpp"
#include "delivery_reading.hpp"
#include "enum_fields.hpp"
#include "query.hpp"
#include "request_body.hpp"

namespace crewship {
namespace {

constexpr std::string_view what = "run";

Task<Result<Launched>> launch(ApiContext& api, Request& request) {
  const WallTime received_at = api.clock.now();
  RequestBody body(request);
  const auto deployment = DeploymentId::parse(body.text("deployment_id"));
  const auto raw_input = body.raw("input").value_or("");
  const auto environment = optional_environment(body).value_or(Environment::production);
  if (auto problem = body.problem()) co_return std::unexpected(*std::move(problem));
  auto input = checked_input(raw_input);
  if (!input) {
    Error error = input.error();
    error.field = "input";
    co_return std::unexpected(std::move(error));
  }
  // The same key with another environment asks for something else.
  auto idempotency = idempotency_of(request, std::string(to_string(environment)) + "\n" + *input);
  if (!idempotency) co_return std::unexpected(idempotency.error());

  const auto known = co_await api.store.read(
      [&](Tx& tx) -> Result<bool> { return deployment && find_deployment(tx, *deployment).has_value(); });
  if (!known) co_return std::unexpected(known.error());
  if (!*known) co_return std::unexpected(not_found("deployment"));
  LaunchRequest launch{.deployment_id = *deployment,
                       .environment = environment,
                       .incoming_webhook_id = std::nullopt,
                       .input = *std::move(input),
                       .idempotency = *std::move(idempotency),
                       .received_at = received_at,
                       .request_id = request.id,
                       .received_traceparent = received_traceparent(request)};
  co_return co_await api.runs.launch(std::move(launch), *request.caller);
}

Task<Response> create(ApiContext& api, Request& request) {
  const auto launched = co_await launch(api, request);
  if (!launched) {
    const Error& error = launched.error();
    log_refusal("trigger refused", error.code,
                {{"request_id", request.id},
                 {"run_id", error.run_id.empty() ? "-" : error.run_id},
                 {"peer", request.peer.address().to_string()},
                 {"code", error.code},
                 {"reason", error.message}});
  }
  co_return launched_response(launched);
}

Result<RunFilter> filter_of(const ListQuery& query) {
  const auto deployment = query.filter("deployment_id", DeploymentId::parse);
  if (!deployment) return std::unexpected(deployment.error());
  const auto environment = query.filter("environment", parse_environment);
  if (!environment) return std::unexpected(environment.error());
  const auto status = query.filter("status", parse_run_status);
  if (!status) return std::unexpected(status.error());
  return RunFilter{.deployment_id = *deployment, .environment = *environment, .status = *status};
}

Task<Response> list(ApiContext& api, Request& request) {
  const auto query = ListQuery::parse(request, is_id_cursor<RunId>, {"deployment_id", "environment", "status"});
  if (!query) co_return error_response(query.error());
  const auto filter = filter_of(*query);
  if (!filter) co_return error_response(filter.error());
  co_return answer_list("runs", co_await api.store.read([&](Tx& tx) -> Result<Page<Run>> {
    return list_runs(tx, *filter, query->page());
  }));
}

Task<Response> get(ApiContext& api, Request& request) {
  const auto id = path_id<RunId>(request, what);
  if (!id) co_return error_response(id.error());
  co_return answer(200, co_await api.store.read([&](Tx& tx) { return or_not_found(find_run(tx, *id), what); }));
}

// More deliveries than this are a list of their own: GET /v1/deliveries?run_id=.
constexpr std::size_t traced_deliveries = 100;

Result<RunTrace> find_trace(Tx& tx, const RunId& id) {
  auto run = find_run(tx, id);
  if (!run) return std::unexpected(not_found(what));
  RunTrace trace{.run = *std::move(run), .incoming_webhook_name = {}, .deliveries = {}};
  if (trace.run.incoming_webhook_id) {
    trace.incoming_webhook_name = incoming_webhook_name(tx, *trace.run.incoming_webhook_id);
  }
  for (Delivery& delivery : list_deliveries(tx, {.run_id = id}, {.limit = traced_deliveries}).rows) {
    trace.deliveries.push_back(with_attempts(tx, std::move(delivery)));
  }
  std::ranges::reverse(trace.deliveries);  // in the order of time, as the rest
  return trace;
}

Task<Response> trace(ApiContext& api, Request& request) {
  const auto id = path_id<RunId>(request, what);
  if (!id) co_return error_response(id.error());
  co_return answer(200, co_await api.store.read([&](Tx& tx) { return find_trace(tx, *id); }));
}

Task<Response> cancel(ApiContext& api, Request& request) {
  const auto id = path_id<RunId>(request, what);
  if (!id) co_return error_response(id.error());
  if (auto problem = RequestBody(request).problem()) co_return error_response(*problem);
  log_info("cancel asked for", {{"run_id", *id}, {"request_id", request.id}});
  co_return answer(200, co_await api.runs.cancel(*id));
}

}  // namespace

void add_run_routes(ApiRoutes& routes) {
  routes.add("POST", "/v1/runs", create);
  routes.add("GET", "/v1/runs", list);
  routes.add("GET", "/v1/runs/{id}", get);
  routes.add("GET", "/v1/runs/{id}/trace", trace);
  routes.add("POST", "/v1/runs/{id}/cancel", cancel);
}

}  // namespace crewship
