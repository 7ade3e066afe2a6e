#include "settings.hpp"

#include <crewship/base/json_writer.hpp>
#include <crewship/base/time_format.hpp>

namespace crewship {
namespace {

void write_limits(JsonWriter& json, const Config::Limits& limits) {
  json.key("limits")
      .begin_object()
      .field("body_bytes", limits.body_bytes)
      .field("header_bytes", limits.header_bytes)
      .field("header_count", limits.header_count)
      .field("target_bytes", limits.target_bytes)
      .field("connections", limits.connections)
      .field("request_timeout", format_duration(limits.request_timeout))
      .field("idle_timeout", format_duration(limits.idle_timeout))
      .field("triggers_per_minute", limits.triggers_per_minute)
      .field("failed_guesses_per_minute", limits.failed_guesses_per_minute)
      .field("queued_writes", limits.queued_writes)
      .end_object();
}

void write_executor(JsonWriter& json, const Config::ExecutorSettings& executor) {
  json.key("executor")
      .begin_object()
      .field("max_concurrent_runs", executor.max_concurrent_runs)
      .field("max_waiting_requests", executor.max_waiting_requests)
      .field("start_timeout", format_duration(executor.start_timeout))
      .field("run_timeout", format_duration(executor.run_timeout))
      .field("kill_grace", format_duration(executor.kill_grace))
      .field("drain_timeout", format_duration(executor.drain_timeout))
      .field("output_bytes", executor.output_bytes)
      .field("log_bytes", executor.log_bytes)
      .field("log_line_bytes", executor.log_line_bytes)
      .field("events_bytes", executor.events_bytes)
      .field("event_line_bytes", executor.event_line_bytes)
      .field("user", executor.user)
      .field("user_processes", executor.user_processes)
      .end_object();
}

void write_delivery(JsonWriter& json, const Config::DeliverySettings& delivery) {
  json.key("delivery").begin_object().field("timeout", format_duration(delivery.timeout));
  json.key("retry_schedule").begin_array();
  for (const auto wait : delivery.retry_schedule) json.string(format_duration(wait));
  json.end_array()
      .field("max_in_flight", delivery.max_in_flight)
      .field("max_in_flight_per_webhook", delivery.max_in_flight_per_webhook)
      .field("output_bytes", delivery.output_bytes);
  json.key("allow").begin_array();
  for (const Cidr& cidr : delivery.allow) {
    json.string(cidr.network.text() + "/" + std::to_string(cidr.prefix_bits));
  }
  json.end_array().field("max_lag", format_duration(delivery.max_lag)).end_object();
}

}  // namespace

std::string settings_json(const Config& config) {
  JsonWriter json;
  json.begin_object();
  write_limits(json, config.limits);
  write_executor(json, config.executor);
  json.key("events")
      .begin_object()
      .field("buffer_bytes", config.events.buffer_bytes)
      .field("changes_bytes", config.events.changes_bytes)
      .end_object();
  write_delivery(json, config.delivery);
  json.key("retention")
      .begin_object()
      .field("runs", format_duration(config.retention.runs))
      .field("deliveries", format_duration(config.retention.deliveries))
      .field("interval", format_duration(config.retention.interval))
      .end_object();
  json.key("console")
      .begin_object()
      .field("session_lifetime", format_duration(config.console.session_lifetime))
      .end_object();
  return json.end_object().take();
}

}  // namespace crewship
