// How the daemon is set up and what it refuses to start with: listeners, TLS, keys, locks, logs, reloads.
#include <csignal>
#include <sstream>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon.hpp"
#include "raw_connection.hpp"
#include "receiver.hpp"

namespace crewship::testing_support {
namespace {

using testing::HasSubstr;

class Serving : public DaemonTest {
 protected:
  // A start that ends by itself: its exit status and log.
  std::pair<int, std::string> refused_start() {
    daemon_->launch();
    const int status = daemon_->program().wait();
    return {status, daemon_->log().whole()};
  }
  std::string path(std::string_view name) const { return (daemon_->folder() / name).string(); }
};

unsigned mode_of(const std::filesystem::path& file) {
  struct stat status{};
  EXPECT_EQ(::stat(file.c_str(), &status), 0) << file;
  return status.st_mode & 0777U;
}

TEST_F(Serving, MakesItsKeysAtTheFirstStart) {
  start();
  EXPECT_EQ(mode_of(daemon_->data_dir() / "admin.key"), 0600u);
  EXPECT_EQ(mode_of(daemon_->data_dir() / "master.key"), 0600u);
  EXPECT_TRUE(daemon_->log().wait_for((daemon_->data_dir() / "admin.key").string())) << "the path is logged";
  const std::string key = daemon_->key();
  EXPECT_EQ(daemon_->log().text().find(key), std::string::npos);
  EXPECT_EQ(daemon_->get("/v1/deployments").status, 200);
  daemon_->restart_after_kill();
  EXPECT_EQ(daemon_->key(), key);
  EXPECT_EQ(daemon_->get("/v1/deployments").status, 200);
}

TEST_F(Serving, TakesItsFirstKeyFromTheEnvironment) {
  start({.environment = {{"CREWSHIP_API_KEY", "crw_of_my_own_choice_0123456789"}}});
  EXPECT_FALSE(std::filesystem::exists(daemon_->data_dir() / "admin.key"));
  const Answer answer = curl({.url = daemon_->url() + "/v1/deployments",
                              .headers = {"Authorization: Bearer crw_of_my_own_choice_0123456789"}});
  EXPECT_EQ(answer.status, 200);
}

TEST_F(Serving, RefusesASecondDaemonOnTheSameData) {
  start();
  Daemon second({.config = {{"data_dir", daemon_->data_dir().string()}}});
  second.launch();
  EXPECT_EQ(second.program().wait(), 1);
  EXPECT_THAT(second.log().whole(), HasSubstr(daemon_->data_dir().string()));
  EXPECT_EQ(daemon_->get("/v1/deployments").status, 200) << "the first goes on";
}

TEST_F(Serving, RefusesAWrongOrMissingMasterKey) {
  start();
  const Crew crew = daemon_->make_crew(builtin_echo());
  EXPECT_EQ(daemon_->stop(), 0);
  const auto file = daemon_->data_dir() / "master.key";
  const std::string right = read_file(file);

  Daemon other;
  other.start();
  EXPECT_EQ(other.stop(), 0);
  write_file(file, read_file(other.data_dir() / "master.key"));
  auto [status, log] = refused_start();
  EXPECT_EQ(status, 1);
  EXPECT_THAT(log, HasSubstr("key"));

  std::filesystem::remove(file);
  std::tie(status, log) = refused_start();
  EXPECT_EQ(status, 1);
  EXPECT_THAT(log, HasSubstr("master.key"));
  EXPECT_FALSE(std::filesystem::exists(file)) << "a new one would open nothing";

  const std::string elsewhere = path("kept-elsewhere.key");
  write_file(elsewhere, right);
  std::filesystem::permissions(elsewhere, std::filesystem::perms::owner_read);
  daemon_->options().environment["CREWSHIP_MASTER_KEY_FILE"] = elsewhere;
  daemon_->start();
  EXPECT_EQ(daemon_->trigger(crew).status, 202);
  EXPECT_EQ(daemon_->get("/v1/incoming-webhooks/" + crew.webhook_id).json()["url"], daemon_->url() + crew.path);
}

TEST_F(Serving, KeepsNoSecretReadableInItsDatabase) {
  start();
  Receiver receiver;
  const Crew crew = daemon_->make_crew(builtin_echo());
  const Json webhook =
      daemon_->subscribe(crew, receiver.url(), {{"headers", {{"X-Token", "a-subscribers-own-token"}}}});
  const Json key = daemon_->made("/v1/api-keys", {{"name", "second"}});
  EXPECT_EQ(daemon_->stop(), 0);
  for (const auto& file : std::filesystem::recursive_directory_iterator(daemon_->data_dir())) {
    if (!file.is_regular_file()) continue;
    const std::string bytes = read_file(file.path());
    for (const std::string& secret : {crew.token, webhook["secret"].get<std::string>(), key["key"].get<std::string>(),
                                      std::string("a-subscribers-own-token")}) {
      EXPECT_EQ(bytes.find(secret), std::string::npos) << secret << " in " << file.path();
    }
  }
}

TEST_F(Serving, ShowsOnlyTheDoorWhenAdministrationIsElsewhere) {
  start({.config = {{"admin_listen", "127.0.0.1:0"}}});
  // Two addresses: of the door, and of everything.
  const std::string door = daemon_->url();
  ASSERT_TRUE(daemon_->log().wait_for("listening for administration"));
  std::string admin = daemon_->log().text();
  admin = admin.substr(admin.find("listening for administration"));
  admin = admin.substr(admin.find("http://"));
  admin = admin.substr(0, admin.find_first_of(" \n"));
  ASSERT_NE(admin, door);

  const std::vector<std::string> headers{"Authorization: Bearer " + daemon_->key(), "Content-Type: application/json"};
  const auto post = [&](const std::string& where, const Json& body) {
    return curl({.method = "POST", .url = admin + where, .headers = headers, .body = body.dump()}).json();
  };
  const std::string deployment =
      "/v1/deployments/" + post("/v1/deployments", {{"name", "crew"}})["id"].get<std::string>();
  post(deployment + "/versions", {{"runner", builtin_echo()}, {"environment", "production"}});
  const Json webhook = post(deployment + "/incoming-webhooks", {{"name", "ci"}});
  EXPECT_EQ(webhook["url"], door + "/webhooks/runs/" + webhook["token"].get<std::string>());
  EXPECT_EQ(curl({.method = "POST", .url = webhook["url"], .body = "{}"}).status, 202);

  EXPECT_EQ(curl({.url = door + "/healthz"}).status, 200);
  for (const char* hidden : {"/v1/deployments", "/v1/runs", "/metrics", "/openapi.json", "/readyz", "/", "/console"}) {
    EXPECT_EQ(curl({.url = door + hidden, .headers = headers}).status, 404) << hidden;
  }
  for (const char* shown : {"/v1/deployments", "/metrics", "/openapi.json", "/readyz", "/healthz", "/console"}) {
    EXPECT_EQ(curl({.url = admin + shown, .headers = headers}).status, 200) << shown;
  }
}

TEST_F(Serving, SpeaksTls) {
  daemon_ = std::make_unique<Daemon>();
  const std::string certificate = path("cert.pem");
  const std::string key = path("key.pem");
  ASSERT_EQ(run_program({.command = {"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test",
                                     "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate}})
                .status,
            0);
  daemon_->options().config["tls"] = {{"certificate_file", certificate}, {"key_file", key}};
  daemon_->start();
  EXPECT_THAT(daemon_->url(), testing::StartsWith("https://"));
  const std::vector<std::string> trust{"--cacert", certificate};
  EXPECT_EQ(curl({.url = daemon_->url() + "/healthz", .more = trust}).status, 200);
  const Answer listed = curl({.url = daemon_->url() + "/v1/deployments",
                              .headers = {"Authorization: Bearer " + daemon_->key()},
                              .more = trust});
  EXPECT_EQ(listed.status, 200);
  EXPECT_EQ(curl({.url = daemon_->url() + "/healthz"}).status, 0) << "without trusting the certificate";
  EXPECT_EQ(curl({.url = daemon_->url() + "/healthz", .more = {"--cacert", certificate, "--tls-max", "1.1"}}).status,
            0);
  EXPECT_NE(curl({.url = "http" + daemon_->url().substr(5) + "/healthz"}).status, 200) << "plain text";
  EXPECT_EQ(daemon_->stop(), 0);

  daemon_->options().config["tls"]["key_file"] = path("no-such-key.pem");
  const auto [status, log] = refused_start();
  EXPECT_EQ(status, 1);
  EXPECT_THAT(log, HasSubstr("no-such-key.pem"));
}

TEST_F(Serving, ListensOnIpv6) {
  start({.config = {{"listen", "[::1]:0"}}});
  EXPECT_THAT(daemon_->url(), testing::StartsWith("http://[::1]:"));
  const Crew crew = daemon_->make_crew(builtin_echo());
  EXPECT_EQ(daemon_->trigger(crew).status, 202);
}

TEST_F(Serving, ListensWhereTheCommandLineSays) {
  start({.config = {{"listen", "127.0.0.1:1"}, {"data_dir", "/nowhere/at/all"}},
         .arguments = {"--listen", "127.0.0.1:0", "--data-dir", "data"}});
  EXPECT_EQ(curl({.url = daemon_->url() + "/healthz"}).status, 200);
  EXPECT_TRUE(std::filesystem::exists(daemon_->data_dir() / "crewship.db"));
}

TEST_F(Serving, RefusesAnAddressThatIsTaken) {
  start();
  Daemon second({.config = {{"listen", daemon_->url().substr(std::string("http://").size())}}});
  second.launch();
  EXPECT_EQ(second.program().wait(), 1);
  EXPECT_THAT(second.log().whole(), HasSubstr("127.0.0.1"));
}

TEST_F(Serving, LogsJsonWhenAsked) {
  start({.config = {{"log", {{"format", "json"}}}}});
  Receiver receiver;
  const Crew crew = daemon_->make_crew(shell("echo '\"quoted\"' >&2; exit 3"));
  daemon_->subscribe(crew, receiver.url());
  daemon_->run_once(crew);
  receiver.wait_for(1);
  EXPECT_EQ(daemon_->stop(), 0);
  std::istringstream lines(daemon_->log().whole());
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const Json parsed = Json::parse(line, nullptr, false);
    ASSERT_TRUE(parsed.is_object()) << line;
    for (const char* field : {"time", "level", "event"}) EXPECT_TRUE(parsed.contains(field)) << line;
  }
  EXPECT_GT(count, 5u);
}

TEST_F(Serving, ReloadsLogLevelAndDeliverySettings) {
  start({.config = {{"log", {{"level", "info"}}}, {"delivery", {{"retry_schedule", {"1h"}}}}}});
  Receiver receiver(Receiver::in_turn({answer_with("500 Oops")}));
  const Crew crew = daemon_->make_crew(builtin_echo());
  const Json webhook = daemon_->subscribe(crew, receiver.url());

  auto& config = daemon_->options().config;
  config["delivery"]["retry_schedule"] = Json::array();
  config["log"]["level"] = "debug";
  daemon_->write_config();
  daemon_->program().signal(SIGHUP);
  ASSERT_TRUE(daemon_->log().wait_for("configuration reloaded"));
  daemon_->run_once(crew);
  EXPECT_EQ(daemon_->wait_for_delivery(daemon_->deliveries(webhook).at(0)["id"].get<std::string>())["status"],
            "failed");
  RawConnection connection(*daemon_);
  connection.send("GET /healthz HTTP/1.1\r\n\r\n");
  EXPECT_EQ(connection.answer().status, 400) << "no Host";
  EXPECT_TRUE(daemon_->log().wait_for(" DEBUG ")) << "the new level";

  // A file that is refused changes nothing, and is said to.
  config["delivery"]["retry_schedule"] = {"soon"};
  config["log"]["level"] = "error";
  daemon_->write_config();
  daemon_->program().signal(SIGHUP);
  ASSERT_TRUE(daemon_->log().wait_for_line({"configuration not reloaded", "delivery.retry_schedule[0]"}));
  daemon_->run_once(crew);
  EXPECT_EQ(daemon_->wait_for_delivery(daemon_->deliveries(webhook).at(0)["id"].get<std::string>())["status"],
            "failed");
  EXPECT_EQ(daemon_->deliveries(webhook).size(), 2u);
}

TEST_F(Serving, IsHealthyAndReadyWithoutAKey) {
  start();
  for (const char* open : {"/healthz", "/readyz", "/metrics", "/openapi.json"}) {
    const Answer answer = curl({.url = daemon_->url() + open});
    EXPECT_EQ(answer.status, 200) << open;
    EXPECT_NE(answer.header("X-Request-Id"), "");
  }
  EXPECT_TRUE(curl({.url = daemon_->url() + "/openapi.json"}).json().contains("openapi"));
  EXPECT_THAT(curl({.url = daemon_->url() + "/metrics"}).header("Content-Type"), testing::StartsWith("text/plain"));
}

}  // namespace
}  // namespace crewship::testing_support
