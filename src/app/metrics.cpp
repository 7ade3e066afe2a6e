#include "metrics.hpp"

#include <memory>
#include <string>

#include <crewship/base/log_writer.hpp>
#include <crewship/base/version.hpp>
#include <crewship/store/deliveries.hpp>

#include "metric_families.hpp"
#include "process_metrics.hpp"

namespace crewship {
namespace {

double in_seconds(std::chrono::milliseconds duration) { return std::chrono::duration<double>(duration).count(); }

template <class Number>
double number(Number value) {
  return static_cast<double>(value);
}

void add_runs(MetricFamilies& families, const MetricsSources& sources) {
  const RunMetrics& runs = sources.runs.metrics();
  families.gauge("crewship_runs_running", "Runs that hold a slot.", number(sources.runs.running()));
  families.gauge("crewship_runs_waiting_callers", "Requests that wait for a run slot.", number(sources.runs.waiting()));
  families.gauge("crewship_children", "Programs that are running.", number(sources.spawner.children()));
  families.counter("crewship_runs_started_total", "Runs that were answered with 202.", number(runs.started.value()));
  const std::string name = "crewship_runs_ended_total";
  const std::string help = "Runs that have ended, by outcome.";
  families.counter(name, help, number(runs.succeeded.value()), "outcome", "succeeded");
  families.counter(name, help, number(runs.failed.value()), "outcome", "failed");
  families.counter(name, help, number(runs.canceled.value()), "outcome", "canceled");
  families.histogram("crewship_run_wait_seconds", "How long callers waited for a run slot.", runs.wait_seconds);
  families.histogram("crewship_run_start_seconds", "From the slot to the 202: on disk, and the program started.",
                     runs.start_seconds);
  families.histogram("crewship_run_duration_seconds", "From the start of a run to its end.", runs.duration_seconds);
  for (const auto& [reason, count] : sources.ingress.refusals().values()) {
    families.counter("crewship_triggers_refused_total", "Calls of incoming webhooks that started no run, by reason.",
                     number(count), "reason", reason);
  }
}

void add_deliveries(MetricFamilies& families, const MetricsSources& sources, const DeliveryCounts& counts) {
  const DeliveryMetrics& deliveries = sources.deliveries.metrics();
  const auto lag =
      counts.oldest_waiting_since ? sources.clock.now() - *counts.oldest_waiting_since : std::chrono::milliseconds(0);
  families.gauge("crewship_deliveries_in_flight", "Delivery attempts being made.",
                 number(sources.deliveries.in_flight()));
  families.gauge("crewship_deliveries_waiting", "Deliveries that are not yet answered, counted up to a bound.",
                 number(counts.waiting));
  families.gauge("crewship_delivery_lag_seconds",
                 "Age of the oldest delivery that is not yet answered, retries of a receiver that is down included.",
                 in_seconds(lag));
  families.gauge("crewship_delivery_turn_wait_seconds",
                 "How long the first due delivery has waited for a place among delivery.max_in_flight.",
                 in_seconds(sources.deliveries.waited_for_turn()));
  std::string name = "crewship_deliveries_ended_total";
  std::string help = "Deliveries that have ended, by outcome.";
  families.counter(name, help, number(deliveries.succeeded.value()), "outcome", "succeeded");
  families.counter(name, help, number(deliveries.failed.value()), "outcome", "failed");
  name = "crewship_delivery_attempts_total";
  help = "Attempts, by outcome; what a stop cuts off is made again.";
  families.counter(name, help, number(deliveries.attempts_succeeded.value()), "outcome", "succeeded");
  families.counter(name, help, number(deliveries.attempts_failed.value()), "outcome", "failed");
  families.counter(name, help, number(deliveries.attempts_cut_off.value()), "outcome", "cut_off");
  families.histogram("crewship_delivery_attempt_seconds", "How long attempts took.", deliveries.attempt_seconds);
}

std::uintmax_t size_of(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  return error ? 0 : size;
}

void add_store(MetricFamilies& families, const MetricsSources& sources) {
  const StoreMetrics& store = sources.store.metrics();
  families.gauge("crewship_store_queued_writes", "Changes that wait for the database.",
                 number(sources.store.queued_writes()));
  families.histogram("crewship_store_commit_seconds", "How long the commit of a group of changes took.",
                     store.commit_seconds);
  families.histogram("crewship_store_commit_changes", "How many changes shared a commit.", store.group_changes);
  const std::string name = "crewship_store_size_bytes";
  const std::string help = "Size of the database and of its write-ahead log.";
  families.gauge(name, help, number(size_of(sources.database)), "file", "database");
  families.gauge(name, help, number(size_of(sources.database.string() + "-wal")), "file", "log");
}

void add_http(MetricFamilies& families, const MetricsSources& sources) {
  std::size_t connections = sources.server.connections();
  ServerMetrics sum = sources.server.metrics();
  if (sources.admin_server != nullptr) {
    connections += sources.admin_server->connections();
    const ServerMetrics& more = sources.admin_server->metrics();
    for (std::size_t status = 0; status < sum.answers.size(); ++status) sum.answers[status] += more.answers[status];
    sum.refusals.add_all(more.refusals);
  }
  families.gauge("crewship_http_connections", "Open connections of callers.", number(connections));
  families.gauge("crewship_event_watchers", "Open streams of events and followed logs.",
                 number(sources.feeds.watches() + sources.changes.watches()));
  for (std::size_t status = 0; status < sum.answers.size(); ++status) {
    if (sum.answers[status] == 0) continue;
    families.counter("crewship_http_responses_total", "Answers to requests, by status.", number(sum.answers[status]),
                     "status", std::to_string(status));
  }
  for (const auto& [code, count] : sum.refusals.values()) {
    families.counter("crewship_http_refused_total", "Requests that were refused before anything looked at them.",
                     number(count), "reason", code);
  }
}

void add_process(MetricFamilies& families, const MetricsSources& sources) {
  const ProcessMetrics process = process_metrics();
  families.counter("crewship_log_lines_dropped_total", "Lines that were left out because stderr took no more.",
                   number(dropped_log_lines()));
  families.histogram("crewship_loop_delay_seconds", "How late a timer of the event loop rang; four looks a second.",
                     sources.loop_delay);
  families.counter("process_cpu_seconds_total", "CPU time of this process.", process.cpu_seconds);
  families.gauge("process_resident_memory_bytes", "Resident memory of this process.", number(process.resident_bytes));
  families.gauge("process_open_fds", "Open descriptors.", number(process.open_fds));
  families.gauge("process_max_fds", "How many descriptors may be open.", number(process.max_fds));
  families.gauge("process_start_time_seconds", "When it was started, in seconds since 1970.",
                 in_seconds(sources.started_at.time_since_epoch()));
}

Task<Response> scrape(std::shared_ptr<const MetricsSources> sources) {
  const auto counts =
      co_await sources->store.read([](Tx& tx) -> Result<DeliveryCounts> { return delivery_counts(tx); });
  if (!counts) co_return error_response(counts.error());
  MetricFamilies families;
  families.gauge("crewship_build_info", "Always 1; the version is a label.", 1, "version", version);
  add_runs(families, *sources);
  add_deliveries(families, *sources, *counts);
  add_store(families, *sources);
  add_http(families, *sources);
  add_process(families, *sources);
  Response response;
  response.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.body = families.text();
  co_return response;
}

}  // namespace

void add_metrics_route(Router& router, MetricsSources sources) {
  router.add("GET", "/metrics", [shared = std::make_shared<const MetricsSources>(std::move(sources))](Request&) {
    return scrape(shared);
  });
}

}  // namespace crewship
