#include <crewship/app/app.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>

#include <crewship/api/api.hpp>
#include <crewship/api/openapi.hpp>
#include <crewship/base/log.hpp>
#include <crewship/base/task_group.hpp>
#include <crewship/base/time_format.hpp>
#include <crewship/base/version.hpp>
#include <crewship/console/console.hpp>
#include <crewship/delivery/dispatcher.hpp>
#include <crewship/delivery/sender.hpp>
#include <crewship/events/change_feed.hpp>
#include <crewship/events/run_feeds.hpp>
#include <crewship/http/server.hpp>
#include <crewship/ingress/ingress.hpp>
#include <crewship/runs/executor.hpp>
#include <crewship/store/store.hpp>

#include "demo.hpp"
#include "first_key.hpp"
#include "loop_delay.hpp"
#include "metrics.hpp"
#include "retention.hpp"
#include "room_options.hpp"
#include "routing.hpp"
#include "service_manager.hpp"
#include "settings.hpp"
#include "trusted_proxies.hpp"

namespace crewship {
namespace {

using namespace std::chrono_literals;

// What is in flight when the runs have ended may take this long to finish; then it is cut off and sent again at the
// next start.
constexpr auto delivery_stop_grace = 5s;
constexpr auto server_stop_grace = 5s;

// Runs, deliveries and connections one after the other, each at its limit, and some time to write.
std::chrono::milliseconds longest_stop(const Config& config) {
  return config.executor.drain_timeout + config.executor.kill_grace + delivery_stop_grace + 2 * server_stop_grace +
         std::chrono::seconds(30);
}

asio::awaitable<std::expected<Config, std::vector<ConfigProblem>>, asio::thread_pool::executor_type>
load_on_this_thread(std::filesystem::path file) {
  co_return load_config(file);
}

}  // namespace

struct App::Impl {
  Executor executor;
  AppOptions options;
  Clock& clock;
  Random& random;
  ProcessGuard& guard;
  IdGenerator ids;

  AppState state = AppState::starting;
  int exit_code = 0;
  bool stop_requested = false;
  std::unique_ptr<Timer> stop_timer;
  std::string public_url;
  std::optional<RunAs> run_as;
  Histogram loop_delay{0.0001};

  Router door;   // with admin_listen: all that `listen` answers
  Router admin;  // everything
  std::unique_ptr<Store> store;
  std::unique_ptr<RunFeeds> feeds;
  std::unique_ptr<ChangeFeed> changes;
  std::unique_ptr<Server> server;
  std::unique_ptr<Server> admin_server;
  std::unique_ptr<HttpSender> sender;
  std::unique_ptr<Dispatcher> dispatcher;
  std::unique_ptr<Spawner> spawner;
  std::unique_ptr<RunExecutor> runs;
  GuessLimit guesses;
  std::unique_ptr<Ingress> ingress;
  std::unique_ptr<Api> api;
  std::unique_ptr<Demo> demo;
  TaskGroup tasks;

  Impl(Executor e, AppOptions o, Clock& c, Random& r, ProcessGuard& g)
      : executor(std::move(e)),
        options(std::move(o)),
        clock(c),
        random(r),
        guard(g),
        ids(c, r),
        stop_timer(c.make_timer(executor)),
        guesses(options.config.limits.failed_guesses_per_minute),
        tasks(executor, "app", on_failure()) {}

  Config& config() { return options.config; }

  TaskGroup::FailureHandler on_failure() {
    return [this](std::string_view, std::exception_ptr) { request_stop(1); };
  }

  void request_stop(int code) {
    exit_code = std::max(exit_code, code);
    stop_requested = true;
    stop_timer->wake();
    if (code != 0 && runs) runs->hurry();
  }

  void on_store_broken(const Error& error) {
    log_error("database failed; stopping", {{"error", error.message}});
    request_stop(1);
  }

  Result<> listen(std::unique_ptr<Server>& where, const Router& router, const std::string& text,
                  std::size_t connections) {
    const auto address = ListenAddress::parse(text);
    if (!address) return fail(ErrorKind::invalid, "invalid_listen", "Cannot listen on " + text + ".", "listen");
    where = std::make_unique<Server>(executor, clock, ids, server_limits(config(), connections),
                                     [this, &router](Request& request) {
                                       believe_proxies(request, config().trusted_proxies);
                                       return dispatch_when_started(router, state, request);
                                     });
    std::optional<TlsFiles> tls;
    if (config().tls) tls = TlsFiles{config().tls->certificate_file, config().tls->key_file};
    return where->listen(*address, tls);
  }

  Result<> listen_everywhere() {
    const bool split = config().admin_listen.has_value();
    const std::size_t connections = connections_that_fit(config());
    if (auto listening = listen(server, split ? door : admin, config().listen, connections); !listening) {
      return listening;
    }
    if (split) {
      if (auto listening = listen(admin_server, admin, *config().admin_listen, connections); !listening) {
        return listening;
      }
    }
    const auto endpoint = server->local_endpoints().front();
    public_url = config().public_url.value_or(url_of(endpoint, config().tls.has_value()));
    return {};
  }

  // Where the API and the console are.
  std::string admin_url() const {
    return admin_server ? url_of(admin_server->local_endpoints().front(), options.config.tls.has_value()) : public_url;
  }

  void log_listening() {
    for (const auto& endpoint : server->local_endpoints()) {
      log_info("listening", {{"url", url_of(endpoint, config().tls.has_value())}, {"version", version}});
    }
    if (!admin_server) return;
    for (const auto& endpoint : admin_server->local_endpoints()) {
      log_info("listening for administration", {{"url", url_of(endpoint, config().tls.has_value())}});
    }
  }

  void make_rooms() {
    changes = std::make_unique<ChangeFeed>(executor, clock, config().events.changes_bytes);
    sender = std::make_unique<HttpSender>(executor, clock, sender_options(config()));
    dispatcher = std::make_unique<Dispatcher>(executor, *store, clock, random, ids, *sender, *changes,
                                              dispatcher_options(config()), on_failure());
    feeds = std::make_unique<RunFeeds>(executor, *store, clock, config().events.buffer_bytes, on_failure());
    spawner = std::make_unique<Spawner>(executor, guard, run_as);
    runs = std::make_unique<RunExecutor>(
        executor, *store, clock, ids, *dispatcher, *feeds, *changes, *spawner, options.builtins,
        executor_options(config(), public_url, run_as ? run_as->home : std::string()), on_failure());
    ingress = std::make_unique<Ingress>(
        *store, clock, *runs,
        IngressOptions{.triggers_per_minute = config().limits.triggers_per_minute, .guesses = &guesses});
    api = std::make_unique<Api>(*store, clock, random, ids, *runs, *feeds, *changes, *dispatcher, options.builtins,
                                ApiOptions{.public_url = public_url,
                                           .allow = config().delivery.allow,
                                           .session_lifetime = config().console.session_lifetime,
                                           .secure_cookies = config().tls || public_url.starts_with("https://"),
                                           .guesses = &guesses,
                                           .settings = [this] { return settings_json(config()); },
                                           .incoming_webhooks_changed = [this] { ingress->webhooks_changed(); },
                                           .refusals = [this] { return ingress->recent_refusals(); }});
    add_health_route(door);
    ingress->add_routes(door);
    add_health_route(admin);
    add_readiness_route(admin, [this] { return readiness(); });
    ingress->add_routes(admin);
    api->add_routes(admin);
    add_metrics_route(admin, {.store = *store,
                              .clock = clock,
                              .runs = *runs,
                              .spawner = *spawner,
                              .deliveries = *dispatcher,
                              .feeds = *feeds,
                              .changes = *changes,
                              .ingress = *ingress,
                              .loop_delay = loop_delay,
                              .server = *server,
                              .admin_server = admin_server.get(),
                              .database = config().data_dir / "crewship.db",
                              .started_at = clock.now()});
    add_openapi_route(admin);
    add_console_routes(admin, console_files());
  }

  Task<Result<>> readiness() {
    if (auto ready = ready_in(state); !ready) co_return ready;
    if (auto writable = co_await store->check_writable(); !writable) co_return writable;
    const auto lag = dispatcher->waited_for_turn();
    if (lag <= config().delivery.max_lag) co_return Result<>{};
    co_return fail(ErrorKind::unavailable, "deliveries_late",
                   "Due deliveries have waited " + format_duration(lag) +
                       " for a place among delivery.max_in_flight; delivery.max_lag is " +
                       format_duration(config().delivery.max_lag) + ".");
  }

  Task<Result<>> start_demo() {
    demo = std::make_unique<Demo>(executor, *store, clock, random, ids);
    if (auto started = co_await demo->start(); !started) co_return started;
    std::string hint = "the one in CREWSHIP_API_KEY";
    if (options.api_key.empty()) {
      // The file is as small as a file can be, and nothing is served yet.
      const std::string key = read_first_key(config().data_dir);
      hint = (key.empty() ? "" : key + "  ") + "(in " + (config().data_dir / admin_key_file_name).string() + ")";
    }
    std::fputs(demo->welcome(public_url, admin_url(), hint).c_str(), stdout);
    std::fflush(stdout);
    co_return Result<>{};
  }

  // Never more than the file's own settings; what can't be changed while running stays as it was.
  void apply(const Config& fresh) {
    set_log_level(fresh.log.level);
    config().log.level = fresh.log.level;
    config().delivery = fresh.delivery;
    sender->reconfigure(sender_options(config()));
    dispatcher->reconfigure(dispatcher_options(config()));
    api->reconfigure(config().delivery.allow);
  }
};

App::App(Executor executor, AppOptions options, Clock& clock, Random& random, ProcessGuard& guard)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(options), clock, random, guard)) {}

App::~App() = default;

Result<> App::open() {
  Impl& app = *impl_;
  if (app.options.demo) app.config().delivery.allow.push_back(*Cidr::parse("127.0.0.1/32"));
  if (const auto& user = app.config().executor.user) {
    auto run_as = find_run_as(*user);
    if (!run_as) return std::unexpected(std::move(run_as).error());
    app.run_as = *std::move(run_as);
    app.run_as->processes = app.config().executor.user_processes;
  }
  auto store = Store::open({.data_dir = app.config().data_dir,
                            .master_key_file = app.options.master_key_file,
                            .max_queued_writes = app.config().limits.queued_writes,
                            .on_fatal = [&app](const Error& error) { app.on_store_broken(error); }},
                           app.executor, app.clock, app.random);
  if (!store) return std::unexpected(store.error());
  app.store = *std::move(store);
  if (auto listening = app.listen_everywhere(); !listening) return listening;
  app.make_rooms();
  return {};
}

Task<Result<>> App::start() {
  Impl& app = *impl_;
  if (auto key = co_await ensure_first_key(*app.store, app.clock, app.random, app.ids, app.options.api_key,
                                           app.config().data_dir);
      !key) {
    co_return key;
  }
  if (auto recovered = co_await app.runs->recover(); !recovered) co_return recovered;
  if (auto started = co_await app.dispatcher->start(); !started) co_return started;
  app.tasks.spawn("retention", keep_retention(*app.store, app.clock, app.executor,
                                              {.runs = app.config().retention.runs,
                                               .deliveries = app.config().retention.deliveries,
                                               .interval = app.config().retention.interval}));
  app.tasks.spawn("loop delay", watch_loop_delay(app.clock, app.executor, app.loop_delay));
  app.state = AppState::ready;
  app.log_listening();
  if (ServiceManager* manager = app.options.service_manager) {
    app.tasks.spawn("watchdog", manager->feed_watchdog(app.executor));
    manager->ready();
  }
  if (app.options.demo) co_return co_await app.start_demo();
  co_return Result<>{};
}

Task<void> App::stop() {
  Impl& app = *impl_;
  app.state = AppState::draining;
  if (app.options.service_manager) app.options.service_manager->stopping(longest_stop(app.config()));
  log_info("draining", {{"running", app.runs->running()}});
  app.server->close_after_responses();
  if (app.admin_server) app.admin_server->close_after_responses();
  // Runs first: what they end with must still be written and, if it can be, delivered. Then nothing makes new work.
  co_await app.runs->drain();
  co_await app.dispatcher->stop(delivery_stop_grace);
  // Streams end in good order, in place of being cut off.
  app.changes->close();
  co_await app.feeds->close();
  co_await app.server->stop(server_stop_grace);
  if (app.admin_server) co_await app.admin_server->stop(server_stop_grace);
  if (app.demo) co_await app.demo->stop();
  app.tasks.cancel();
  co_await app.tasks.join();
  app.sender->close();
  log_info("stopped", {{"exit_code", app.exit_code}});
}

Task<int> App::run() {
  Impl& app = *impl_;
  if (auto started = co_await start(); !started) {
    log_error("cannot start", {{"error", started.error().message}});
    app.request_stop(1);
  }
  while (!app.stop_requested) co_await app.stop_timer->wait(std::chrono::hours(24));
  co_await stop();
  co_return app.exit_code;
}

void App::request_stop(int exit_code) { impl_->request_stop(exit_code); }

void App::hurry() { impl_->runs->hurry(); }

Task<Result<>> App::reload() {
  Impl& app = *impl_;
  if (!app.options.config_file) {
    log_info("nothing to reload: started without --config");
    co_return Result<>{};
  }
  asio::thread_pool files(1);
  auto fresh =
      co_await asio::co_spawn(files.get_executor(), load_on_this_thread(*app.options.config_file), use_awaitable);
  if (!fresh) {
    for (const auto& problem : fresh.error()) {
      log_error("configuration not reloaded", {{"key", problem.key}, {"error", problem.message}});
    }
    co_return fail(ErrorKind::invalid, "invalid_configuration", "The configuration was not reloaded.");
  }
  if (app.options.demo) fresh->delivery.allow.push_back(*Cidr::parse("127.0.0.1/32"));
  app.apply(*fresh);
  log_info("configuration reloaded", {{"log_level", "and delivery settings"}});
  co_return Result<>{};
}

std::vector<asio::ip::tcp::endpoint> App::endpoints() const { return impl_->server->local_endpoints(); }

std::vector<asio::ip::tcp::endpoint> App::admin_endpoints() const {
  return impl_->admin_server ? impl_->admin_server->local_endpoints() : std::vector<asio::ip::tcp::endpoint>{};
}

const std::string& App::public_url() const { return impl_->public_url; }

}  // namespace crewship
