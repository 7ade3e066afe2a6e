#include "room_options.hpp"

#include <algorithm>

#include <crewship/base/descriptor_limit.hpp>
#include <crewship/base/log.hpp>

namespace crewship {

std::size_t connections_that_fit(const Config& config) {
  constexpr std::size_t files_and_spare = 128;
  constexpr std::size_t pipes_of_a_run = 6;
  const std::size_t servers = config.admin_listen ? 2 : 1;
  const std::size_t others =
      files_and_spare + config.delivery.max_in_flight + pipes_of_a_run * config.executor.max_concurrent_runs;
  const std::size_t limit = descriptor_limit();
  const std::size_t room = std::max(limit / 4, limit > others ? limit - others : 0) / servers;
  if (room >= config.limits.connections) return config.limits.connections;
  log_warning(
      "too few descriptors for limits.connections; taking fewer connections",
      {{"connections", room}, {"descriptors", limit}, {"wanted", config.limits.connections * servers + others}});
  return room;
}

ServerLimits server_limits(const Config& config, std::size_t connections) {
  return {.body_bytes = config.limits.body_bytes,
          .header_bytes = config.limits.header_bytes,
          .header_count = config.limits.header_count,
          .target_bytes = config.limits.target_bytes,
          .connections = connections,
          .request_timeout = config.limits.request_timeout,
          .idle_timeout = config.limits.idle_timeout};
}

DispatcherOptions dispatcher_options(const Config& config) {
  return {.retry = {.schedule = config.delivery.retry_schedule},
          .max_in_flight = config.delivery.max_in_flight,
          .max_in_flight_per_webhook = config.delivery.max_in_flight_per_webhook};
}

HttpSenderOptions sender_options(const Config& config) {
  return {.timeout = config.delivery.timeout, .allow = config.delivery.allow};
}

ExecutorOptions executor_options(const Config& config, const std::string& public_url, const std::string& home) {
  return {.max_concurrent_runs = config.executor.max_concurrent_runs,
          .max_waiting_requests = config.executor.max_waiting_requests,
          .start_timeout = config.executor.start_timeout,
          .run_timeout = config.executor.run_timeout,
          .kill_grace = config.executor.kill_grace,
          .drain_timeout = config.executor.drain_timeout,
          .output_bytes = config.executor.output_bytes,
          .log_line_bytes = config.executor.log_line_bytes,
          .log_bytes = config.executor.log_bytes,
          .event_line_bytes = config.executor.event_line_bytes,
          .events_bytes = config.executor.events_bytes,
          .delivery_output_bytes = config.delivery.output_bytes,
          .public_url = public_url,
          .home = home};
}

std::string url_of(const asio::ip::tcp::endpoint& endpoint, bool tls) {
  ListenAddress address{.host = endpoint.address().to_string(), .port = endpoint.port()};
  if (endpoint.address().is_unspecified()) address.host = "127.0.0.1";
  return (tls ? "https://" : "http://") + address.text();
}

}  // namespace crewship
