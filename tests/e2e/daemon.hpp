// The built daemon as its users have it: started with a configuration file in a folder of its own, called through curl,
// followed by its log, ended with the test. The fixture below also checks what must hold in every test: a stop on
// SIGTERM ends with 0, and no secret that was handed out is in the log.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <support/temp_dir.hpp>

#include "curl.hpp"
#include "program.hpp"

namespace crewship::testing_support {

struct DaemonOptions {
  Json config = Json::object();  // merged over default_config()
  std::vector<std::string> arguments = {};
  std::map<std::string, std::optional<std::string>> environment = {};
  std::vector<std::string> wrapper = {};  // a command that becomes the daemon, such as prlimit
};

// Any port, deliveries to the loopback allowed, short waiting times.
Json default_config();

// A deployment with a live version and an incoming webhook.
struct Crew {
  std::string deployment_id = {};
  std::string webhook_id = {};
  std::string token = {};
  std::string path = {};  // of the incoming webhook
};

Json shell(std::string_view script);  // a runner
Json builtin_echo();

class Daemon {
 public:
  // Where it keeps its data is the same after a restart.
  explicit Daemon(DaemonOptions options = {});

  DaemonOptions& options() { return options_; }
  std::filesystem::path folder() const { return folder_.path(); }
  std::filesystem::path data_dir() const { return folder_ / "data"; }
  std::filesystem::path config_file() const { return folder_ / "config.json"; }
  void write_config() const;

  void start();   // and waits until it is ready; throws with its log when it does not get there
  void launch();  // and does not wait
  void wait_until_ready();
  bool ready_or_ended();  // waits for either; false when it has ended
  Program& program() { return *program_; }
  Transcript& log() { return program_->err(); }
  bool running() const { return program_ && program_->running(); }
  int stop();   // SIGTERM, then a second one to hurry; the exit status
  void kill();  // as kill -9 does
  void restart_after_kill();

  const std::string& url() const { return url_; }
  std::string key() const;  // the first admin key
  // With the admin key; a body goes as JSON.
  Answer api(std::string_view method, std::string_view path, const Json& body = nullptr);
  Answer api_with_key(std::string key, std::string_view method, std::string_view path, const Json& body = nullptr);
  Answer get(std::string_view path) { return api("GET", path); }
  Answer post(std::string_view path, const Json& body = nullptr) { return api("POST", path, body); }
  // Must succeed; the answer's body.
  Json made(std::string_view path, const Json& body = nullptr);
  // Without a key, to an incoming webhook.
  Answer trigger(const Crew& crew, std::string_view body = "{}", std::vector<std::string> headers = {});
  Call trigger_call(const Crew& crew, std::string_view body = "{}", std::vector<std::string> headers = {}) const;

  // Asks again after each log line until the answer is content, or patience ends. The last answer.
  Json wait_for(std::string_view path, const std::function<bool(const Json& body)>& content);
  bool eventually(const std::function<bool()>& condition);
  bool wait_until_waiting(int callers);                  // for a run slot
  Json wait_for_run(std::string_view run_id);            // that has ended
  Json wait_for_delivery(std::string_view delivery_id);  // that is not pending

  Crew make_crew(const Json& runner, std::string_view environment = "production");
  Json go_live(const Crew& crew, const Json& runner, const Json& more = Json::object());  // a new version
  Json subscribe(const Crew& crew, std::string_view url, const Json& more = Json::object());
  Json deliveries(const Json& webhook);                                   // the list, newest first
  std::string run_once(const Crew& crew, std::string_view input = "{}");  // the id of a run that has ended

  const std::vector<std::string>& secrets() const { return secrets_; }
  std::string whole_log();  // of all starts, when it has ended

 private:
  void note_secrets(const Json& body);

  DaemonOptions options_;
  TempDir folder_;
  std::unique_ptr<Program> program_;
  std::string url_;
  std::string earlier_logs_;
  std::vector<std::string> secrets_;
};

// The processes that carry the run's id in their environment, wherever they have moved to.
std::vector<pid_t> processes_of_run(std::string_view run_id);

void write_file(const std::filesystem::path& file, std::string_view text);
std::string read_file(const std::filesystem::path& file);

class DaemonTest : public testing::Test {
 protected:
  void start(DaemonOptions options = {});
  void TearDown() override;

  std::unique_ptr<Daemon> daemon_;
};

}  // namespace crewship::testing_support
