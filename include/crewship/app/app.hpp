// The whole daemon in one object: opens the store, listens, starts the rooms in order, and stops them in order. `serve`
// runs one; tests run one in process on port 0. Loop thread, except open().
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include <crewship/app/config.hpp>
#include <crewship/base/asio.hpp>
#include <crewship/base/clock.hpp>
#include <crewship/base/error.hpp>
#include <crewship/base/random.hpp>
#include <crewship/runs/builtin.hpp>
#include <crewship/runs/spawner.hpp>

namespace crewship {

class ServiceManager;

struct AppOptions {
  Config config;
  std::optional<std::filesystem::path> config_file;  // what SIGHUP reads again
  std::filesystem::path master_key_file;             // CREWSHIP_MASTER_KEY_FILE; empty: in data_dir
  std::string api_key;                               // CREWSHIP_API_KEY; empty: one is made at first start
  bool demo = false;
  ServiceManager* service_manager = nullptr;  // null: nobody wants to know
  BuiltinRegistry builtins;
};

class App {
 public:
  // `guard` was started before any thread; all references outlive the App.
  App(Executor executor, AppOptions options, Clock& clock, Random& random, ProcessGuard& guard);
  ~App();

  // Blocking: database, migrations, listeners. Nothing is served yet: callers get 503 until start() is through.
  Result<> open();
  // First key, what a crash left open, deliveries; then ready.
  Task<Result<>> start();
  // Drains: no new runs, running ones get their time, what is left is ended and written; then everything closes. After
  // it the loop has nothing left to do.
  Task<void> stop();

  // start(), wait for request_stop(), stop(). The program's exit code.
  Task<int> run();
  void request_stop(int exit_code);
  void hurry();             // a second signal: do not wait for running runs
  Task<Result<>> reload();  // SIGHUP: log level and delivery.*

  std::vector<asio::ip::tcp::endpoint> endpoints() const;        // of `listen`
  std::vector<asio::ip::tcp::endpoint> admin_endpoints() const;  // of `admin_listen`
  const std::string& public_url() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crewship
