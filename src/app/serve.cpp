#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <utility>

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>

#include <crewship/app/app.hpp>
#include <crewship/base/descriptor_limit.hpp>
#include <crewship/base/log.hpp>
#include <crewship/base/log_style.hpp>
#include <crewship/base/log_writer.hpp>
#include <crewship/http/server.hpp>

#include "commands.hpp"
#include "configuration_problems.hpp"
#include "service_manager.hpp"

namespace crewship {
namespace {

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// The first SIGTERM or SIGINT drains, the second does not wait any longer. Ends when the set is cancelled; `ended`
// tells so, too, for a signal that had already come does not notice that its wait is cancelled.
Task<void> follow_signals(asio::signal_set& signals, App& app, ServiceManager& service_manager, const bool& ended) {
  bool stopping = false;
  while (true) {
    boost::system::error_code error;
    const int signal = co_await signals.async_wait(asio::redirect_error(use_awaitable, error));
    if (error || ended) co_return;
    if (signal == SIGHUP) {
      // A refused file has been logged; the old settings go on.
      service_manager.reloading();
      static_cast<void>(co_await app.reload());
      service_manager.reloaded();
    } else if (stopping) {
      log_warning("second signal; not waiting for running runs");
      app.hurry();
    } else {
      stopping = true;
      app.request_stop(0);
    }
  }
}

Task<void> run_app(App& app, asio::signal_set& signals, bool& ended, int& exit_code) {
  exit_code = co_await app.run();
  ended = true;
  signals.cancel();
}

void block_signals() {
  sigset_t all{};
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

// The lines before a bug are the ones that matter.
void end_with_log() {
  LogWriter::flush();
  std::abort();
}

void end_on_bug(const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
}

}  // namespace

int serve(const ServeArguments& arguments, BuiltinRegistry builtins) {
  AppOptions options{.config = {},
                     .config_file = arguments.config_file,
                     .master_key_file = from_environment("CREWSHIP_MASTER_KEY_FILE"),
                     .api_key = from_environment("CREWSHIP_API_KEY"),
                     .demo = arguments.demo,
                     .builtins = std::move(builtins)};
  if (arguments.config_file) {
    auto config = load_config(*arguments.config_file);
    if (!config) {
      print_problems(*arguments.config_file, config.error());
      return exit_wrong_use;
    }
    options.config = *std::move(config);
  }
  if (arguments.listen) {
    if (!ListenAddress::parse(*arguments.listen)) {
      std::fprintf(stderr, "--listen must be HOST:PORT with an address or localhost, not %s\n",
                   arguments.listen->c_str());
      return exit_wrong_use;
    }
    options.config.listen = *arguments.listen;
  }
  if (arguments.data_dir) options.config.data_dir = *arguments.data_dir;
  configure_log(options.config.log.level, options.config.log.format);
  colour_log(wants_colour(STDERR_FILENO));

  raise_descriptor_limit();
  // Before any thread and any secret: the guard is forked here.
  auto guard = ProcessGuard::start(options.config.executor.max_concurrent_runs);
  if (!guard) {
    log_error("cannot start", {{"error", guard.error().message}});
    return exit_failed;
  }
  std::signal(SIGPIPE, SIG_IGN);
  const LogWriter log_writer(STDERR_FILENO);
  std::set_terminate(end_with_log);

  SystemClock clock;
  SystemRandom random;
  ServiceManager service_manager({.notify_socket = from_environment("NOTIFY_SOCKET"),
                                  .watchdog_usec = from_environment("WATCHDOG_USEC"),
                                  .watchdog_pid = from_environment("WATCHDOG_PID")},
                                 clock);
  options.service_manager = &service_manager;
  std::optional<asio::io_context> loop;
  // Outlives the App: while it stops, another signal must not end the process in the middle.
  std::optional<asio::signal_set> signals;
  try {
    loop.emplace(1);
    signals.emplace(*loop, SIGTERM, SIGINT, SIGHUP);
  } catch (const boost::system::system_error& error) {
    log_error("cannot start", {{"error", error.what()}});
    return exit_failed;
  }
  int exit_code = exit_failed;
  bool ended = false;
  {
    App app(loop->get_executor(), std::move(options), clock, random, **guard);
    if (auto opened = app.open(); !opened) {
      log_error("cannot start", {{"error", opened.error().message}});
      return exit_failed;
    }
    asio::co_spawn(*loop, follow_signals(*signals, app, service_manager, ended), end_on_bug);
    asio::co_spawn(*loop, run_app(app, *signals, ended, exit_code), end_on_bug);
    loop->run();
  }
  block_signals();  // no other thread is left, so one that comes now no longer changes the exit status
  return exit_code;
}

}  // namespace crewship
