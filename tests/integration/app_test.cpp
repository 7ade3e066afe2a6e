// Start, service and stop of the whole daemon.
#include <sys/stat.h>

#include <crewship/delivery/signing.hpp>

#include "app_fixture.hpp"
#include "unit/store/fault_vfs.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

Task<Response> answer_no_content(Request&) { co_return empty_response(204); }

class AppLife : public AppTest {};

TEST_F(AppLife, StartsServesAndStops) {
  start();
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/readyz").status, 200);
  EXPECT_EQ(get("/v1/deployments").status, 200);
  EXPECT_EQ(get("/openapi.json").status, 200);
  const Reply metrics = get("/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_THAT(metrics.body, HasSubstr("\ncrewship_runs_running 0\n"));
  EXPECT_EQ(get("/nowhere").status, 404);
  EXPECT_EQ(call("POST", "/webhooks/runs/unknown", "{}").status, 404);

  EXPECT_EQ(stop(), 0);
  EXPECT_TRUE(loop.idle()) << "the loop ends by itself";
  EXPECT_TRUE(log.has_line("draining"));
  EXPECT_TRUE(log.has_line("stopped", "exit_code=0"));
}

TEST_F(AppLife, BeforeTheStartItSaysSo) {
  open();
  EXPECT_EQ(get("/healthz").status, 200);
  for (const auto& [method, target] : {std::pair("GET", "/readyz"), std::pair("POST", "/webhooks/runs/x"),
                                       std::pair("GET", "/v1/deployments"), std::pair("GET", "/nowhere")}) {
    const Reply reply = call(method, target, "{}");
    EXPECT_EQ(reply.status, 503) << target;
    EXPECT_EQ(code_of(reply), "starting");
    EXPECT_EQ(reply.header("Retry-After"), "1");
  }
  start();
  EXPECT_EQ(get("/readyz").status, 200);
}

TEST_F(AppLife, ARunGoesFromTheDoorToTheReceiver) {
  options.config.delivery.allow = {*Cidr::parse("127.0.0.1/32")};
  IdGenerator ids(clock, random);
  std::vector<Request> received;
  Server receiver(loop.executor(), clock, ids, {}, [&](Request& request) {
    received.push_back(request);
    return answer_no_content(request);
  });
  ASSERT_TRUE(receiver.listen(*ListenAddress::parse("127.0.0.1:0"), std::nullopt));
  const auto port = std::to_string(receiver.local_endpoints().front().port());
  start();
  deploy({{"type", "command"}, {"command", {"cat"}}});
  const Json webhook =
      made("/v1/deployments/" + deployment + "/outgoing-webhooks", {{"name", "crm"},
                                                                    {"url", "http://127.0.0.1:" + port + "/hook"},
                                                                    {"events", {"run.succeeded"}},
                                                                    {"headers", {{"X-Mine", "yes"}}}});

  const Reply accepted = call("POST", door, R"({"ticket":7})", "");
  EXPECT_EQ(accepted.status, 202);
  loop.until([&] { return received.size() == 1; });
  EXPECT_EQ(received[0].path, "/hook");
  EXPECT_EQ(received[0].header("X-Mine"), "yes");
  const Json body = Json::parse(received[0].body);
  EXPECT_EQ(body["data"]["run_id"], Json::parse(accepted.body)["run_id"]);
  EXPECT_EQ(body["data"]["output"], Json({{"ticket", 7}}));
  const auto check = check_signature(webhook["secret"].get<std::string>(), received[0].headers, received[0].body,
                                     clock.now().time_since_epoch() / 1s);
  EXPECT_TRUE(check.valid) << check.explanation;
  loop.until([&] { return log.has_line("delivery succeeded"); });

  EXPECT_EQ(receiver.connections(), 1U) << "kept for the next delivery";
  EXPECT_EQ(stop(), 0);
  loop.until([&] { return receiver.connections() == 0; });
  loop.run(receiver.stop(0ms));
}

TEST_F(AppLife, MetricsCountWhatHappened) {
  start();
  deploy({{"type", "builtin"}, {"handler", "echo"}});
  EXPECT_EQ(call("POST", door, "{}", "").status, 202);
  EXPECT_EQ(call("POST", door, "[]", "").status, 400);
  EXPECT_EQ(call("POST", "/webhooks/runs/unknown", "{}", "").status, 404);
  {
    RawClient client(loop, app->endpoints().front());
    client.send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(client.reply().status, 400);
  }
  loop.until([&] { return log.has_line("run succeeded"); });
  const std::string metrics = get("/metrics").body;
  for (const char* line : {
           "crewship_runs_started_total 1",
           "crewship_runs_ended_total{outcome=\"succeeded\"} 1",
           "crewship_runs_ended_total{outcome=\"failed\"} 0",
           "crewship_run_start_seconds_count 1",
           "crewship_run_wait_seconds_count 1",
           "crewship_run_duration_seconds_bucket{le=\"+Inf\"} 1",
           "crewship_triggers_refused_total{reason=\"invalid_input\"} 1",
           "crewship_triggers_refused_total{reason=\"not_found\"} 1",
           "crewship_http_responses_total{status=\"202\"} 1",
           "crewship_http_responses_total{status=\"404\"} 1",
           "crewship_deliveries_ended_total{outcome=\"succeeded\"} 0",
           "crewship_delivery_turn_wait_seconds 0",
           "crewship_store_queued_writes 0",
       }) {
    EXPECT_THAT(metrics, HasSubstr(std::string("\n") + line + "\n"));
  }
  for (const char* name : {"crewship_http_refused_total{reason=", "crewship_store_commit_seconds_bucket{le=",
                           "crewship_store_size_bytes{file=\"database\"} ", "process_open_fds "}) {
    EXPECT_THAT(metrics, HasSubstr(std::string("\n") + name));
  }
  EXPECT_THAT(metrics, Not(HasSubstr(door.substr(door.rfind('/') + 1)))) << "the token";
}

TEST_F(AppLife, IsNotReadyWhileTheDiskIsFullAndReadyAgainByItself) {
  FaultVfs disk;
  start();
  deploy({{"type", "builtin"}, {"handler", "echo"}});
  disk.disk_full = true;
  EXPECT_EQ(call("POST", door, "{}", "").status, 503);
  Reply readiness = get("/readyz");
  EXPECT_EQ(readiness.status, 503);
  EXPECT_EQ(code_of(readiness), "storage_full");
  EXPECT_EQ(get("/healthz").status, 200);
  disk.disk_full = false;
  EXPECT_EQ(get("/readyz").status, 200) << "though nothing was written since";
  EXPECT_EQ(stop(), 0);
  app.reset();
}

TEST_F(AppLife, IsNotReadyWhileDueDeliveriesWaitTooLongForAPlace) {
  options.config.delivery.allow = {*Cidr::parse("127.0.0.1/32")};
  options.config.delivery.max_in_flight = 1;
  options.config.delivery.max_lag = 60s;
  options.config.delivery.timeout = 10min;
  IdGenerator ids(clock, random);
  asio::ip::tcp::acceptor silent(loop.executor(), {asio::ip::address_v4::loopback(), 0});  // accepts, answers nothing
  const auto url = "http://127.0.0.1:" + std::to_string(silent.local_endpoint().port()) + "/";
  start();
  deploy({{"type", "builtin"}, {"handler", "echo"}});
  for (int i = 0; i < 2; ++i) {
    made("/v1/deployments/" + deployment + "/outgoing-webhooks",
         {{"name", "silent"}, {"url", url}, {"events", {"run.succeeded"}}});
  }
  EXPECT_EQ(call("POST", door, "{}", "").status, 202);
  loop.until([&] { return get("/metrics").body.contains("\ncrewship_deliveries_in_flight 1\n"); });
  EXPECT_EQ(get("/readyz").status, 200);
  clock.advance(61s);
  const Reply readiness = get("/readyz");
  EXPECT_EQ(readiness.status, 503);
  EXPECT_EQ(code_of(readiness), "deliveries_late");
  EXPECT_THAT(get("/metrics").body, HasSubstr("\ncrewship_delivery_turn_wait_seconds 61\n"));
}

TEST_F(AppLife, ADrainTakesNoNewRunsAndEndsWhatIsLeft) {
  start();
  deploy({{"type", "command"}, {"command", {"sleep", "1000"}}});
  const Reply accepted = call("POST", door, "{}");
  ASSERT_EQ(accepted.status, 202);
  const auto run = Json::parse(accepted.body)["run_id"].get<std::string>();

  app->request_stop(0);
  loop.until([this] { return log.has_line("draining"); });
  EXPECT_EQ(get("/healthz").status, 200);
  const Reply readiness = get("/readyz");
  EXPECT_EQ(readiness.status, 503);
  EXPECT_EQ(code_of(readiness), "draining");
  const Reply refused = call("POST", door, "{}");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Connection"), "close");
  EXPECT_NE(refused.header("Retry-After"), "");
  EXPECT_FALSE(exit_code) << "the run still has its time";

  app->hurry();
  EXPECT_EQ(end(), 0);
  app.reset();
  start();
  const Json ended = Json::parse(get("/v1/runs/" + run).body);
  EXPECT_EQ(ended["status"], "failed");
  EXPECT_EQ(ended["error_message"], "interrupted by a server restart");
}

TEST_F(AppLife, ADrainGivesRunsTheirTimeAndNoMore) {
  options.config.executor.drain_timeout = 30s;
  start();
  deploy({{"type", "command"}, {"command", {"sleep", "1000"}}});
  ASSERT_EQ(call("POST", door, "{}").status, 202);
  app->request_stop(0);
  loop.until([this] { return log.has_line("draining"); });
  loop.poll();
  clock.advance(30s - 1ms);
  loop.poll();
  EXPECT_FALSE(exit_code);
  clock.advance(1ms);
  EXPECT_EQ(end(), 0);
}

TEST_F(AppLife, TheAdminAddressIsTheOnlyOneForAdministration) {
  options.config.admin_listen = "127.0.0.1:0";
  start();
  const auto admin = app->admin_endpoints().front();
  EXPECT_NE(admin, app->endpoints().front());
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(code_of(call("POST", "/webhooks/runs/unknown", "{}")), "not_found");
  EXPECT_EQ(call("GET", "/webhooks/runs/unknown").status, 405);
  for (const char* target :
       {"/readyz", "/metrics", "/openapi.json", "/v1/deployments", "/v1/nowhere", "/", "/console"}) {
    EXPECT_EQ(get(target).status, 404) << target;
  }
  for (const char* target : {"/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/deployments", "/console"}) {
    EXPECT_EQ(call_at(admin, "GET", target).status, 200) << target;
  }
  EXPECT_EQ(call_at(admin, "GET", "/v1/deployments", "", "wrong").status, 401);
  EXPECT_TRUE(log.has_line("listening for administration", std::to_string(admin.port())));
}

TEST_F(AppLife, UrlsBeginWithThePublicUrl) {
  start();
  const auto port = std::to_string(app->endpoints().front().port());
  EXPECT_EQ(app->public_url(), "http://127.0.0.1:" + port);
  EXPECT_EQ(stop(), 0);
  app.reset();
  options.config.public_url = "https://hooks.example";
  start();
  const auto id = made("/v1/deployments", {{"name", "crew"}})["id"].get<std::string>();
  EXPECT_THAT(made("/v1/deployments/" + id + "/incoming-webhooks", {{"name", "x"}})["url"].get<std::string>(),
              StartsWith("https://hooks.example/webhooks/runs/"));
}

TEST_F(AppLife, TheFirstKeyIsInAFileForItsOwnerOnly) {
  options.api_key.clear();
  start();
  const auto file = dir / "data/admin.key";
  const std::string text = read_file(file);
  EXPECT_THAT(text, MatchesRegex("crw_[A-Za-z0-9_-]{43}\n"));
  struct stat status{};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_TRUE(log.has_line("admin key made", file.string()));
  const std::string key = text.substr(0, text.size() - 1);
  EXPECT_THAT(log.text(), Not(HasSubstr(key)));
  EXPECT_EQ(call("GET", "/v1/deployments", "", key).status, 200);
  EXPECT_EQ(call("GET", "/v1/deployments", "", "").status, 401);

  restart();
  EXPECT_EQ(read_file(file), text);
  EXPECT_EQ(call("GET", "/v1/deployments", "", key).status, 200);
}

TEST_F(AppLife, AKeyFromTheEnvironmentOpensAndIsWrittenNowhere) {
  start();
  EXPECT_EQ(get("/v1/deployments").status, 200);
  EXPECT_FALSE(std::filesystem::exists(dir / "data/admin.key"));
  EXPECT_THAT(log.text(), Not(HasSubstr("crw_test")));
  restart();
  EXPECT_EQ(Json::parse(get("/v1/api-keys").body)["api_keys"].size(), 1U) << "the same key is one key";

  options.api_key = "crw_another";
  restart();
  EXPECT_EQ(call("GET", "/v1/deployments", "", "crw_another").status, 200);
}

TEST_F(AppLife, AFirstKeyThatCannotBeWrittenEndsTheStart) {
  options.api_key.clear();
  open();
  std::filesystem::create_directory(dir / "data/admin.key.part");
  run();
  EXPECT_EQ(end(), 1);
  EXPECT_TRUE(log.has_line("cannot start", "admin.key"));
}

TEST_F(AppLife, ADataFolderHasOneDaemon) {
  start();
  App second(loop.executor(), options, clock, random, *guard);
  const auto opened = second.open();
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr((dir / "data").string()));
}

TEST_F(AppLife, APortThatIsTakenIsNamed) {
  start();
  auto other = options;
  other.config.data_dir = dir / "other";
  other.config.listen = "127.0.0.1:" + std::to_string(app->endpoints().front().port());
  App second(loop.executor(), other, clock, random, *guard);
  const auto opened = second.open();
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr(other.config.listen));
}

TEST_F(AppLife, ADatabaseThatFailsEndsTheDaemonWithOne) {
  FaultVfs disk;
  start();
  ASSERT_EQ(call("POST", "/v1/deployments", R"({"name":"before"})").status, 201);
  disk.sync_fails = true;
  const Reply reply = call("POST", "/v1/deployments", R"({"name":"lost"})");
  EXPECT_NE(reply.status / 100, 2);
  EXPECT_EQ(end(), 1);
  EXPECT_TRUE(log.has_line("database failed; stopping"));
  disk.sync_fails = false;
  app.reset();
}

class AppReload : public AppTest {
 protected:
  void start_with_file(std::string_view text) {
    options.config_file = dir / "crewshipd.json";
    write_file(*options.config_file, text);
    start();
    deployment = made("/v1/deployments", {{"name", "crew"}})["id"].get<std::string>();
  }
  int status_of_local_target() {
    return call("POST", "/v1/deployments/" + deployment + "/outgoing-webhooks",
                R"({"name":"x","url":"http://127.0.0.1:9000/","events":["run.failed"]})")
        .status;
  }
};

TEST_F(AppReload, TheLogLevelAndDeliverySettingsAreTaken) {
  start_with_file("{}");
  EXPECT_EQ(status_of_local_target(), 400);
  write_file(*options.config_file, R"({"log":{"level":"warning"},"delivery":{"allow":["127.0.0.0/8"]},
                                       "listen":"127.0.0.1:1"} // a comment)");
  EXPECT_TRUE(loop.run(app->reload()));
  EXPECT_EQ(status_of_local_target(), 201);
  EXPECT_FALSE(log_enabled(LogLevel::info));
  EXPECT_TRUE(log_enabled(LogLevel::warning));
}

TEST_F(AppReload, AFileWithAMistakeChangesNothing) {
  start_with_file("{}");
  write_file(*options.config_file, R"({"delivery":{"allow":["127.0.0.0/8"],"timout":"1s"}})");
  EXPECT_FALSE(loop.run(app->reload()));
  EXPECT_TRUE(log.has_line("configuration not reloaded", "key=delivery.timout"));
  EXPECT_EQ(status_of_local_target(), 400);
  std::filesystem::remove(*options.config_file);
  EXPECT_FALSE(loop.run(app->reload()));
  EXPECT_EQ(get("/readyz").status, 200);
}

TEST_F(AppReload, WithoutAFileThereIsNothingToDo) {
  start();
  EXPECT_TRUE(loop.run(app->reload()));
  EXPECT_TRUE(log.has_line("nothing to reload"));
}

}  // namespace
}  // namespace crewship
