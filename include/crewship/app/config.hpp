// The configuration: JSON with comments. Every setting has a default here and a range in config.cpp; an unknown key, a
// wrong type or a value out of range is a problem that names the key, and all problems are found at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <crewship/base/log.hpp>
#include <crewship/domain/address.hpp>

namespace crewship {

struct TlsConfig {
  std::filesystem::path certificate_file;
  std::filesystem::path key_file;
};

struct Config {
  std::string listen = "127.0.0.1:8080";
  std::optional<std::string> admin_listen;
  std::optional<std::string> public_url;  // none: made from `listen`
  std::vector<Cidr> trusted_proxies;      // whose X-Forwarded-For is believed
  std::filesystem::path data_dir = "data";
  std::optional<TlsConfig> tls;

  struct Log {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::text;
  } log;

  struct Limits {
    std::size_t body_bytes = 1048576;
    std::size_t header_bytes = 16384;
    std::size_t header_count = 100;
    std::size_t target_bytes = 8192;
    std::size_t connections = 10000;
    std::chrono::milliseconds request_timeout = std::chrono::seconds(30);
    std::chrono::milliseconds idle_timeout = std::chrono::seconds(75);
    std::size_t triggers_per_minute = 0;
    std::size_t failed_guesses_per_minute = 60;
    std::size_t queued_writes = 8192;
  } limits;

  struct ExecutorSettings {
    std::size_t max_concurrent_runs = 64;
    std::size_t max_waiting_requests = 1024;
    std::chrono::milliseconds start_timeout = std::chrono::seconds(25);
    std::chrono::milliseconds run_timeout = std::chrono::hours(1);
    std::chrono::milliseconds kill_grace = std::chrono::seconds(5);
    std::chrono::milliseconds drain_timeout = std::chrono::seconds(30);
    std::size_t output_bytes = 1048576;
    std::size_t log_bytes = 4194304;
    std::size_t log_line_bytes = 8192;
    std::size_t events_bytes = 4194304;
    std::size_t event_line_bytes = 65536;
    std::optional<std::string> user;    // none: the daemon's own
    std::size_t user_processes = 4096;  // of all runs together, when `user` is set
  } executor;

  struct Events {
    std::size_t buffer_bytes = 1048576;
    std::size_t changes_bytes = 4194304;
  } events;

  struct DeliverySettings {
    std::chrono::milliseconds timeout = std::chrono::seconds(30);
    std::vector<std::chrono::milliseconds> retry_schedule = {
        std::chrono::seconds(5), std::chrono::minutes(5), std::chrono::minutes(30), std::chrono::hours(2),
        std::chrono::hours(5),   std::chrono::hours(10),  std::chrono::hours(10)};
    std::size_t max_in_flight = 256;
    std::size_t max_in_flight_per_webhook = 8;
    std::size_t output_bytes = 65536;
    std::vector<Cidr> allow;
    std::chrono::milliseconds max_lag =
        std::chrono::minutes(5);  // of a due delivery for its turn, until /readyz says no
  } delivery;

  struct Retention {
    std::chrono::milliseconds runs = std::chrono::days(30);
    std::chrono::milliseconds deliveries = std::chrono::days(30);
    std::chrono::milliseconds interval = std::chrono::minutes(10);
  } retention;

  struct Console {
    std::chrono::milliseconds session_lifetime = std::chrono::hours(12);
  } console;
};

struct ConfigProblem {
  std::string key;      // "executor.start_timeout"; empty when the text is not JSON at all
  std::string message;  // what is wrong and what would be right
};

std::expected<Config, std::vector<ConfigProblem>> parse_config(std::string_view text);
// Blocking; before the loop, and on SIGHUP from a helper thread's turn.
std::expected<Config, std::vector<ConfigProblem>> load_config(const std::filesystem::path& file);

}  // namespace crewship
