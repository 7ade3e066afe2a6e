#include "daemon.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <regex>
#include <stdexcept>

namespace crewship::testing_support {
namespace {

using namespace std::chrono_literals;

bool succeeded(const Answer& answer) { return answer.status / 100 == 2; }

std::string find_url(std::string_view log) {
  static const std::regex pattern(R"re(listening(?:"|  ).*?url(?:=|":")(https?://[^ "]+))re");
  std::match_results<std::string_view::const_iterator> match;
  if (!std::regex_search(log.begin(), log.end(), match, pattern)) return "";
  return match[1].str();
}

}  // namespace

Json default_config() {
  return Json::parse(R"({
    "listen": "127.0.0.1:0",
    "log": {"level": "debug"},
    "executor": {"kill_grace": "300ms", "drain_timeout": "60s"},
    "delivery": {"retry_schedule": ["20ms", "20ms", "20ms"], "allow": ["127.0.0.1/32"]}
  })");
}

Json shell(std::string_view script) { return {{"type", "command"}, {"command", {"sh", "-c", script}}}; }

Json builtin_echo() { return {{"type", "builtin"}, {"handler", "echo"}}; }

Daemon::Daemon(DaemonOptions options) : options_(std::move(options)) {
  Json config = default_config();
  config["data_dir"] = data_dir().string();
  config.merge_patch(options_.config);
  options_.config = std::move(config);
}

void Daemon::write_config() const { write_file(config_file(), options_.config.dump(2)); }

void Daemon::launch() {
  write_config();
  ProgramOptions program{
      .command = options_.wrapper, .environment = options_.environment, .working_dir = folder_.path().string()};
  program.command.insert(program.command.end(), {CREWSHIPD_BINARY, "serve", "--config", config_file().string()});
  program.command.insert(program.command.end(), options_.arguments.begin(), options_.arguments.end());
  if (program_) earlier_logs_ = whole_log();
  program_.reset();  // the old one ends before a new one takes its lock
  program_ = std::make_unique<Program>(std::move(program));
}

void Daemon::wait_until_ready() {
  if (!ready_or_ended()) throw std::runtime_error("the daemon does not start:\n" + log().text());
}

bool Daemon::ready_or_ended() {
  if (!log().wait_until([](std::string_view text) { return !find_url(text).empty(); })) return false;
  url_ = find_url(log().text());
  return true;
}

void Daemon::start() {
  launch();
  wait_until_ready();
}

int Daemon::stop() {
  program_->signal(SIGTERM);
  if (log().wait_for("draining")) program_->signal(SIGTERM);
  return program_->wait();
}

std::string Daemon::whole_log() { return earlier_logs_ + log().whole(); }

void Daemon::kill() {
  program_->signal(SIGKILL);
  program_->wait();
}

void Daemon::restart_after_kill() {
  kill();
  start();
}

std::string Daemon::key() const {
  std::string key = read_file(data_dir() / "admin.key");
  while (key.ends_with('\n')) key.pop_back();
  return key;
}

Answer Daemon::api_with_key(std::string key, std::string_view method, std::string_view path, const Json& body) {
  while (key.ends_with('\n')) key.pop_back();
  Call call{.method = std::string(method),
            .url = url_ + std::string(path),
            .headers = {"Authorization: Bearer " + key, "Content-Type: application/json"}};
  if (!body.is_null()) call.body = body.dump();
  Answer answer = curl(call);
  if (succeeded(answer)) note_secrets(answer.json());
  return answer;
}

Answer Daemon::api(std::string_view method, std::string_view path, const Json& body) {
  return api_with_key(key(), method, path, body);
}

void Daemon::note_secrets(const Json& body) {
  for (const char* name : {"token", "secret", "key"}) {
    if (body.is_object() && body.contains(name) && body[name].is_string()) secrets_.push_back(body[name]);
  }
}

Json Daemon::made(std::string_view path, const Json& body) {
  const Answer answer = post(path, body);
  if (!succeeded(answer)) {
    throw std::runtime_error("POST " + std::string(path) + ": " + std::to_string(answer.status) + answer.body);
  }
  return answer.json();
}

Call Daemon::trigger_call(const Crew& crew, std::string_view body, std::vector<std::string> headers) const {
  return {.method = "POST", .url = url_ + crew.path, .headers = std::move(headers), .body = std::string(body)};
}

Answer Daemon::trigger(const Crew& crew, std::string_view body, std::vector<std::string> headers) {
  return curl(trigger_call(crew, body, std::move(headers)));
}

bool Daemon::eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    const auto seen = log().text().size();
    if (condition()) return true;
    if (std::chrono::steady_clock::now() > deadline) return false;
    log().wait_for_more(seen, 100ms);
  }
}

Json Daemon::wait_for(std::string_view path, const std::function<bool(const Json& body)>& content) {
  Json body;
  const bool came = eventually([&] {
    const Answer answer = get(path);
    body = answer.json();
    return answer.status == 200 && content(body);
  });
  EXPECT_TRUE(came) << path << " stays " << body.dump();
  return body;
}

bool Daemon::wait_until_waiting(int callers) {
  const std::string line = "\ncrewship_runs_waiting_callers " + std::to_string(callers) + "\n";
  return eventually([&] { return curl({.url = url_ + "/metrics"}).body.find(line) != std::string::npos; });
}

Json Daemon::wait_for_run(std::string_view run_id) {
  return wait_for("/v1/runs/" + std::string(run_id), [](const Json& run) { return !run["completed_at"].is_null(); });
}

Json Daemon::wait_for_delivery(std::string_view delivery_id) {
  return wait_for("/v1/deliveries/" + std::string(delivery_id),
                  [](const Json& delivery) { return delivery["status"] != "pending"; });
}

Crew Daemon::make_crew(const Json& runner, std::string_view environment) {
  Crew crew;
  crew.deployment_id = made("/v1/deployments", {{"name", "crew"}})["id"];
  go_live(crew, runner, {{"environment", environment}});
  const Json webhook = made("/v1/deployments/" + crew.deployment_id + "/incoming-webhooks",
                            {{"name", "ci"}, {"environment", environment}});
  crew.webhook_id = webhook["id"];
  crew.token = webhook["token"];
  crew.path = "/webhooks/runs/" + crew.token;
  return crew;
}

Json Daemon::go_live(const Crew& crew, const Json& runner, const Json& more) {
  Json body{{"runner", runner}, {"environment", "production"}};
  body.merge_patch(more);
  return made("/v1/deployments/" + crew.deployment_id + "/versions", body);
}

Json Daemon::subscribe(const Crew& crew, std::string_view url, const Json& more) {
  Json body{{"name", "results"}, {"url", url}, {"events", {"run.succeeded", "run.failed"}}};
  body.merge_patch(more);
  return made("/v1/deployments/" + crew.deployment_id + "/outgoing-webhooks", body);
}

Json Daemon::deliveries(const Json& webhook) {
  return get("/v1/outgoing-webhooks/" + webhook["id"].get<std::string>() + "/deliveries?limit=100")
      .json()["deliveries"];
}

std::string Daemon::run_once(const Crew& crew, std::string_view input) {
  const Answer answer = trigger(crew, input);
  EXPECT_EQ(answer.status, 202) << answer.body << answer.complaint;
  const std::string run_id = answer.json().value("run_id", "");
  wait_for_run(run_id);
  return run_id;
}

std::vector<pid_t> processes_of_run(std::string_view run_id) {
  std::vector<pid_t> found;
  const std::string entry = "CREWSHIP_RUN_ID=" + std::string(run_id) + '\0';
  for (const auto& place : std::filesystem::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(place.path().filename().c_str());
    if (pid > 0 && read_file(place.path() / "environ").find(entry) != std::string::npos) found.push_back(pid);
  }
  return found;
}

void write_file(const std::filesystem::path& file, std::string_view text) {
  std::ofstream stream(file, std::ios::binary);
  stream << text;
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void DaemonTest::start(DaemonOptions options) {
  daemon_ = std::make_unique<Daemon>(std::move(options));
  daemon_->start();
}

void DaemonTest::TearDown() {
  if (!daemon_) return;
  if (daemon_->running()) EXPECT_EQ(daemon_->stop(), 0);
  const std::string log = daemon_->whole_log();
  for (const auto& secret : daemon_->secrets()) {
    EXPECT_EQ(log.find(secret), std::string::npos) << "the log holds the secret " << secret;
  }
  if (HasFailure()) std::cout << "--- the daemon's log\n" << log << "---\n";
}

}  // namespace crewship::testing_support
