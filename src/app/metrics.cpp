#include "metrics.hpp"

#include <string>

#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <crewship/base/version.hpp>
#include <crewship/store/deliveries.hpp>

namespace crewship {
namespace {

void set_gauge(prometheus::Registry& registry, const std::string& name, const std::string& help, double value,
               const prometheus::Labels& labels = {}) {
  prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels).Set(value);
}

Task<Response> scrape(MetricsSources sources) {
  const auto counts = co_await sources.store.read([](Tx& tx) -> Result<DeliveryCounts> { return delivery_counts(tx); });
  if (!counts) co_return error_response(counts.error());
  std::size_t connections = sources.server.connections();
  if (sources.admin_server != nullptr) connections += sources.admin_server->connections();
  const auto lag =
      counts->oldest_waiting_since ? sources.clock.now() - *counts->oldest_waiting_since : std::chrono::milliseconds(0);

  prometheus::Registry registry;
  set_gauge(registry, "crewship_build_info", "Always 1; the version is a label.", 1,
            {{"version", std::string(version)}});
  set_gauge(registry, "crewship_runs_running", "Runs that hold a slot.", static_cast<double>(sources.runs.running()));
  set_gauge(registry, "crewship_runs_waiting_callers", "Requests that wait for a run slot.",
            static_cast<double>(sources.runs.waiting()));
  set_gauge(registry, "crewship_deliveries_in_flight", "Delivery attempts being made.",
            static_cast<double>(sources.deliveries.in_flight()));
  set_gauge(registry, "crewship_deliveries_waiting", "Deliveries that are not yet answered, counted up to a bound.",
            static_cast<double>(counts->waiting));
  set_gauge(registry, "crewship_delivery_lag_seconds", "Age of the oldest delivery that is not yet answered.",
            std::chrono::duration<double>(lag).count());
  set_gauge(registry, "crewship_store_queued_writes", "Changes that wait for the database.",
            static_cast<double>(sources.store.queued_writes()));
  set_gauge(registry, "crewship_event_watchers", "Open streams of events and followed logs.",
            static_cast<double>(sources.feeds.watches() + sources.changes.watches()));
  set_gauge(registry, "crewship_http_connections", "Open connections of callers.", static_cast<double>(connections));

  Response response;
  response.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.body = prometheus::TextSerializer().Serialize(registry.Collect());
  co_return response;
}

}  // namespace

void add_metrics_route(Router& router, MetricsSources sources) {
  router.add("GET", "/metrics", [sources](Request&) { return scrape(sources); });
}

}  // namespace crewship
