#include <crewship/app/config.hpp>

#include <algorithm>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

namespace crewship {
namespace {

using namespace std::chrono_literals;

std::vector<ConfigProblem> problems_of(std::string_view text) {
  const auto config = parse_config(text);
  return config ? std::vector<ConfigProblem>{} : config.error();
}

TEST(Config, AnEmptyObjectIsTheDefaultsOfTheDocumentation) {
  const auto config = parse_config("{}");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->listen, "127.0.0.1:8080");
  EXPECT_EQ(config->limits.body_bytes, 1048576u);
  EXPECT_EQ(config->executor.start_timeout, 25s);
  EXPECT_EQ(config->executor.kill_grace, 5s);
  EXPECT_EQ(config->delivery.retry_schedule,
            (std::vector<std::chrono::milliseconds>{5s, 5min, 30min, 2h, 5h, 10h, 10h}));
  EXPECT_EQ(config->retention.runs, std::chrono::days(30));
}

TEST(Config, TheExampleFileIsAcceptedAndSaysTheDefaults) {
  const auto example = load_config(std::string(CREWSHIP_SOURCE_DIR) + "/config/crewshipd.example.json");
  ASSERT_TRUE(example) << example.error().front().key << example.error().front().message;
  const Config defaults;
  EXPECT_EQ(example->listen, defaults.listen);
  EXPECT_TRUE(example->trusted_proxies.empty());
  EXPECT_EQ(example->data_dir, defaults.data_dir);
  EXPECT_EQ(example->limits.header_bytes, defaults.limits.header_bytes);
  EXPECT_EQ(example->limits.header_count, defaults.limits.header_count);
  EXPECT_EQ(example->limits.target_bytes, defaults.limits.target_bytes);
  EXPECT_EQ(example->limits.connections, defaults.limits.connections);
  EXPECT_EQ(example->limits.request_timeout, defaults.limits.request_timeout);
  EXPECT_EQ(example->limits.idle_timeout, defaults.limits.idle_timeout);
  EXPECT_EQ(example->limits.failed_guesses_per_minute, defaults.limits.failed_guesses_per_minute);
  EXPECT_EQ(example->limits.queued_writes, defaults.limits.queued_writes);
  EXPECT_EQ(example->executor.max_concurrent_runs, defaults.executor.max_concurrent_runs);
  EXPECT_EQ(example->executor.max_waiting_requests, defaults.executor.max_waiting_requests);
  EXPECT_EQ(example->executor.run_timeout, defaults.executor.run_timeout);
  EXPECT_EQ(example->executor.drain_timeout, defaults.executor.drain_timeout);
  EXPECT_EQ(example->executor.output_bytes, defaults.executor.output_bytes);
  EXPECT_EQ(example->executor.log_bytes, defaults.executor.log_bytes);
  EXPECT_EQ(example->executor.log_line_bytes, defaults.executor.log_line_bytes);
  EXPECT_EQ(example->executor.events_bytes, defaults.executor.events_bytes);
  EXPECT_EQ(example->executor.event_line_bytes, defaults.executor.event_line_bytes);
  EXPECT_EQ(example->events.buffer_bytes, defaults.events.buffer_bytes);
  EXPECT_EQ(example->events.changes_bytes, defaults.events.changes_bytes);
  EXPECT_EQ(example->executor.user, defaults.executor.user);
  EXPECT_EQ(example->executor.user_processes, defaults.executor.user_processes);
  EXPECT_EQ(example->delivery.timeout, defaults.delivery.timeout);
  EXPECT_EQ(example->delivery.retry_schedule, defaults.delivery.retry_schedule);
  EXPECT_EQ(example->delivery.max_in_flight, defaults.delivery.max_in_flight);
  EXPECT_EQ(example->delivery.max_in_flight_per_webhook, defaults.delivery.max_in_flight_per_webhook);
  EXPECT_EQ(example->delivery.output_bytes, defaults.delivery.output_bytes);
  EXPECT_TRUE(example->delivery.allow.empty());
  EXPECT_EQ(example->delivery.max_lag, defaults.delivery.max_lag);
  EXPECT_EQ(example->retention.deliveries, defaults.retention.deliveries);
  EXPECT_EQ(example->retention.interval, defaults.retention.interval);
  EXPECT_EQ(example->console.session_lifetime, defaults.console.session_lifetime);
}

TEST(Config, CommentsAreAllowedAndGivenValuesWin) {
  const auto config = parse_config(R"({
    // an operator's note
    "listen": "[::]:9090", "admin_listen": "127.0.0.1:9091", "public_url": "https://hooks.example.com/",
    "tls": {"certificate_file": "c.pem", "key_file": "k.pem"},
    "log": {"level": "debug", "format": "json"},
    "executor": {"max_concurrent_runs": 2, "kill_grace": "250ms"},
    "delivery": {"retry_schedule": ["1s", "2h"], "allow": ["10.0.0.0/8", "::1"]} /* and another */
  })");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->listen, "[::]:9090");
  EXPECT_EQ(config->admin_listen, "127.0.0.1:9091");
  EXPECT_EQ(config->public_url, "https://hooks.example.com");
  EXPECT_EQ(config->tls->key_file, "k.pem");
  EXPECT_EQ(config->log.format, LogFormat::json);
  EXPECT_EQ(config->executor.max_concurrent_runs, 2u);
  EXPECT_EQ(config->executor.kill_grace, 250ms);
  EXPECT_EQ(config->delivery.retry_schedule.size(), 2u);
  EXPECT_EQ(config->delivery.allow.size(), 2u);
}

TEST(Config, EveryProblemIsFoundAtOnceAndNamed) {
  const auto problems = problems_of(R"({
    "listn": "127.0.0.1:8080", "limits": {"body_bytes": "1MB", "bodybytes": 1},
    "executor": {"start_timeout": "25", "max_concurrent_runs": 0}, "delivery": {"allow": ["10.0.0.0/99"]}})");
  std::vector<std::string> keys;
  for (const auto& problem : problems) keys.push_back(problem.key);
  std::ranges::sort(keys);
  EXPECT_EQ(keys,
            (std::vector<std::string>{"delivery.allow[0]", "executor.max_concurrent_runs", "executor.start_timeout",
                                      "limits.body_bytes", "limits.bodybytes", "listn"}));
}

struct BadConfig {
  const char* text;
  const char* key;
};
void PrintTo(const BadConfig& bad, std::ostream* out) { *out << bad.text; }
class BadConfigs : public testing::TestWithParam<BadConfig> {};

TEST(Config, ANumberBeyondAllBoundsIsAProblemLikeOthers) {
  const auto config = parse_config(R"({"limits": {"body_bytes": 1e802}})");
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().at(0).message, testing::HasSubstr("1e802"));
}

TEST_P(BadConfigs, NamesTheKey) {
  const auto problems = problems_of(GetParam().text);
  ASSERT_EQ(problems.size(), 1u) << GetParam().text;
  EXPECT_EQ(problems.front().key, GetParam().key);
  EXPECT_FALSE(problems.front().message.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Config, BadConfigs,
    testing::Values(
        BadConfig{"", ""}, BadConfig{"[]", ""}, BadConfig{"{", ""}, BadConfig{R"({"listen": 8080})", "listen"},
        BadConfig{R"({"listen": "8080"})", "listen"}, BadConfig{R"({"listen": "example.com:80"})", "listen"},
        BadConfig{R"({"admin_listen": ""})", "admin_listen"}, BadConfig{R"({"public_url": "ftp://x"})", "public_url"},
        BadConfig{R"({"trusted_proxies": ["proxy.example.com"]})", "trusted_proxies[0]"},
        BadConfig{R"({"data_dir": 1})", "data_dir"}, BadConfig{R"({"tls": {"key_file": "k"}})", "tls.certificate_file"},
        BadConfig{R"({"tls": true})", "tls"}, BadConfig{R"({"log": []})", "log"},
        BadConfig{R"({"log": {"level": "loud"}})", "log.level"},
        BadConfig{R"({"log": {"format": "xml"}})", "log.format"},
        BadConfig{R"({"limits": {"body_bytes": -1}})", "limits.body_bytes"},
        BadConfig{R"({"limits": {"body_bytes": 1.5}})", "limits.body_bytes"},
        BadConfig{R"({"limits": {"connections": 0}})", "limits.connections"},
        BadConfig{R"({"limits": {"request_timeout": "0s"}})", "limits.request_timeout"},
        BadConfig{R"({"executor": {"run_timeout": 3600}})", "executor.run_timeout"},
        BadConfig{R"({"delivery": {"retry_schedule": ["soon"]}})", "delivery.retry_schedule[0]"},
        BadConfig{R"({"delivery": {"retry_schedule": "5s"}})", "delivery.retry_schedule"},
        BadConfig{R"({"delivery": {"allow": [1]}})", "delivery.allow[0]"},
        BadConfig{R"({"retention": {"runs": "0s"}})", "retention.runs"},
        BadConfig{R"({"retention": {"forever": true}})", "retention.forever"},
        BadConfig{R"({"console": {"session_lifetime": "1s"}})", "console.session_lifetime"},
        BadConfig{R"({"console": {"colour": "blue"}})", "console.colour"}));

}  // namespace
}  // namespace crewship
