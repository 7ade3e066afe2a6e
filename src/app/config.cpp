#include <crewship/app/config.hpp>

#include <fstream>
#include <iterator>
#include <limits>
#include <utility>

#include <crewship/base/time_format.hpp>
#include <crewship/http/server.hpp>

#include "config_reader.hpp"

namespace crewship {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t mebibyte = 1048576;

void check_listen(ConfigReader& reader, std::string_view key, const std::string& value) {
  if (!ListenAddress::parse(value)) {
    reader.problem(key,
                   "must be HOST:PORT with an address or localhost, such as 127.0.0.1:8080 or [::]:8080, not " + value);
  }
}

void check_public_url(ConfigReader& reader, std::optional<std::string>& url) {
  if (!url) return;
  while (url->ends_with('/')) url->pop_back();
  const bool known_scheme = url->starts_with("http://") || url->starts_with("https://");
  if (!known_scheme || url->find_first_of("?# \t\r\n\"") != std::string::npos) {
    reader.problem("public_url", "must be the http or https URL under which callers reach the server");
  }
}

void read_log(ConfigReader reader, Config::Log& log) {
  std::string level = "info";
  std::string format = "text";
  reader.text("level", level);
  reader.text("format", format);
  if (const auto parsed = parse_log_level(level)) {
    log.level = *parsed;
  } else {
    reader.problem("level", "must be debug, info, warning or error, not " + level);
  }
  if (format == "json" || format == "text") {
    log.format = format == "json" ? LogFormat::json : LogFormat::text;
  } else {
    reader.problem("format", "must be text or json, not " + format);
  }
  reader.report_unknown();
}

void read_tls(ConfigReader& parent, std::optional<TlsConfig>& tls) {
  if (!parent.has("tls")) {
    std::optional<std::string> absent;
    parent.optional_text("tls", absent);
    return;
  }
  ConfigReader reader = parent.section("tls");
  std::string certificate;
  std::string key;
  reader.required_text("certificate_file", certificate, "is needed: a PEM file with the certificate chain");
  reader.required_text("key_file", key, "is needed: a PEM file with the private key");
  reader.report_unknown();
  tls = TlsConfig{certificate, key};
}

void read_limits(ConfigReader reader, Config::Limits& limits) {
  reader.count("body_bytes", limits.body_bytes, 1024, 64 * mebibyte);
  reader.count("header_bytes", limits.header_bytes, 1024, mebibyte);
  reader.count("header_count", limits.header_count, 8, 10000);
  reader.count("target_bytes", limits.target_bytes, 256, mebibyte);
  reader.count("connections", limits.connections, 1, 1000000);
  reader.duration("request_timeout", limits.request_timeout, 10ms, 1h);
  reader.duration("idle_timeout", limits.idle_timeout, 10ms, 24h);
  reader.count("triggers_per_minute", limits.triggers_per_minute, 0, 1000000000);
  reader.count("failed_guesses_per_minute", limits.failed_guesses_per_minute, 0, 1000000000);
  reader.count("queued_writes", limits.queued_writes, 1, 1000000);
  reader.report_unknown();
}

void read_executor(ConfigReader reader, Config::ExecutorSettings& executor) {
  reader.count("max_concurrent_runs", executor.max_concurrent_runs, 1, 100000);
  reader.count("max_waiting_requests", executor.max_waiting_requests, 0, 1000000);
  reader.duration("start_timeout", executor.start_timeout, 1ms, 1h);
  reader.duration("run_timeout", executor.run_timeout, 1s, std::chrono::days(365));
  reader.duration("kill_grace", executor.kill_grace, 0ms, 10min);
  reader.duration("drain_timeout", executor.drain_timeout, 0ms, 24h);
  reader.count("output_bytes", executor.output_bytes, 0, 64 * mebibyte);
  reader.count("log_bytes", executor.log_bytes, 0, 1024 * mebibyte);
  reader.count("log_line_bytes", executor.log_line_bytes, 64, mebibyte);
  reader.count("events_bytes", executor.events_bytes, 0, 1024 * mebibyte);
  reader.count("event_line_bytes", executor.event_line_bytes, 64, 16 * mebibyte);
  reader.optional_text("user", executor.user);
  reader.count("user_processes", executor.user_processes, 1, 1000000);
  reader.report_unknown();
}

void read_events(ConfigReader reader, Config::Events& events) {
  reader.count("buffer_bytes", events.buffer_bytes, 65536, 1024 * mebibyte);
  reader.count("changes_bytes", events.changes_bytes, 65536, 1024 * mebibyte);
  reader.report_unknown();
}

void read_networks(ConfigReader& reader, std::string_view key, std::vector<Cidr>& networks) {
  reader.texts(
      key,
      [&networks](const std::string& text) -> std::optional<std::string> {
        const auto cidr = Cidr::parse(text);
        if (!cidr) return "must be an address or a network such as 10.0.0.0/8, not " + text;
        networks.push_back(*cidr);
        return std::nullopt;
      },
      [&networks] { networks.clear(); });
}

void read_delivery(ConfigReader reader, Config::DeliverySettings& delivery) {
  reader.duration("timeout", delivery.timeout, 10ms, 10min);
  reader.texts(
      "retry_schedule",
      [&delivery](const std::string& text) -> std::optional<std::string> {
        const auto wait = parse_duration(text);
        if (!wait || *wait > std::chrono::days(30)) return "must be a duration of at most 30d, not " + text;
        delivery.retry_schedule.push_back(*wait);
        return std::nullopt;
      },
      [&delivery] { delivery.retry_schedule.clear(); });
  if (delivery.retry_schedule.size() > 100) reader.problem("retry_schedule", "must have at most 100 steps");
  reader.count("max_in_flight", delivery.max_in_flight, 1, 100000);
  reader.count("max_in_flight_per_webhook", delivery.max_in_flight_per_webhook, 1, 100000);
  reader.count("output_bytes", delivery.output_bytes, 0, 64 * mebibyte);
  read_networks(reader, "allow", delivery.allow);
  reader.duration("max_lag", delivery.max_lag, 1s, std::chrono::days(365));
  reader.report_unknown();
}

void read_retention(ConfigReader reader, Config::Retention& retention) {
  reader.duration("runs", retention.runs, 1min, std::chrono::days(36500));
  reader.duration("deliveries", retention.deliveries, 1min, std::chrono::days(36500));
  reader.duration("interval", retention.interval, 1s, std::chrono::days(1));
  reader.report_unknown();
}

void read_console(ConfigReader reader, Config::Console& console) {
  reader.duration("session_lifetime", console.session_lifetime, 1min, std::chrono::days(365));
  reader.report_unknown();
}

}  // namespace

std::expected<Config, std::vector<ConfigProblem>> parse_config(std::string_view text) {
  std::vector<ConfigProblem> problems;
  Config config;
  nlohmann::json document;
  try {
    document = nlohmann::json::parse(text, nullptr, true, /*ignore_comments=*/true);
  } catch (const nlohmann::json::exception& error) {  // a number beyond a double's range is no parse_error
    problems.push_back({"", std::string("is not JSON: ") + error.what()});
    return std::unexpected(std::move(problems));
  }
  if (!document.is_object()) {
    problems.push_back({"", "must be a JSON object"});
    return std::unexpected(std::move(problems));
  }

  ConfigReader reader(&document, "", problems);
  reader.text("listen", config.listen);
  check_listen(reader, "listen", config.listen);
  reader.optional_text("admin_listen", config.admin_listen);
  if (config.admin_listen) check_listen(reader, "admin_listen", *config.admin_listen);
  reader.optional_text("public_url", config.public_url);
  check_public_url(reader, config.public_url);
  read_networks(reader, "trusted_proxies", config.trusted_proxies);
  std::string data_dir = config.data_dir.string();
  reader.text("data_dir", data_dir);
  config.data_dir = data_dir;
  read_tls(reader, config.tls);
  read_log(reader.section("log"), config.log);
  read_limits(reader.section("limits"), config.limits);
  read_executor(reader.section("executor"), config.executor);
  read_events(reader.section("events"), config.events);
  read_delivery(reader.section("delivery"), config.delivery);
  read_retention(reader.section("retention"), config.retention);
  read_console(reader.section("console"), config.console);
  reader.report_unknown();

  if (!problems.empty()) return std::unexpected(std::move(problems));
  return config;
}

std::expected<Config, std::vector<ConfigProblem>> load_config(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return std::unexpected(std::vector<ConfigProblem>{{"", "cannot be read: " + file.string()}});
  }
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  return parse_config(text);
}

}  // namespace crewship
