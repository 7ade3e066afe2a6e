// The whole daemon in one process: a real database, real sockets and real child processes, on a port that the system
// gives; only time stands still. When a test ends, nothing may be left on the loop and no process.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <crewship/app/app.hpp>

#include "support/answers/described_answers.hpp"
#include "support/fake_clock.hpp"
#include "support/fixed_random.hpp"
#include "support/log_capture.hpp"
#include "support/run_loop.hpp"
#include "support/temp_dir.hpp"
#include "unit/http/server_fixture.hpp"

namespace crewship {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

class AppTest : public testing::Test {
 protected:
  void SetUp() override {
    options.config.listen = "127.0.0.1:0";
    options.config.data_dir = dir / "data";
    options.api_key = "crw_test";
  }
  void TearDown() override {
    if (app && running) stop();
    app.reset();
    EXPECT_TRUE(loop.idle()) << "work was left on the loop";
  }

  // Listens, and answers that it is starting.
  void open() {
    app = std::make_unique<App>(loop.executor(), options, clock, random, *guard);
    const auto opened = app->open();
    ASSERT_TRUE(opened) << opened.error().message;
  }
  void start() {
    if (!app) open();
    log.clear();
    run();
    loop.until([this] { return exit_code || log.has_line(" listening "); });
  }
  void run() {
    exit_code.reset();
    running = true;
    asio::co_spawn(loop.context(), app->run(),
                   [this](const std::exception_ptr& failure, int code) { exit_code = failure ? -1 : code; });
  }
  int end() {
    loop.until([this] { return exit_code.has_value(); });
    running = false;
    return *exit_code;
  }
  int stop() {
    app->request_stop(0);
    return end();
  }
  void restart() {
    EXPECT_EQ(stop(), 0);
    app.reset();
    start();
  }

  static std::string request_text(std::string_view method, std::string_view target, std::string_view body,
                                  std::string_view key) {
    std::string text;
    text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: test\r\n");
    if (!key.empty()) text.append("Authorization: Bearer ").append(key).append("\r\n");
    if (method != "GET") text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
    return text.append("\r\n").append(body);
  }
  Reply call_at(const asio::ip::tcp::endpoint& where, std::string_view method, std::string_view target,
                std::string_view body = {}, std::string_view key = "crw_test") {
    RawClient client(loop, where);
    client.send(request_text(method, target, body, key));
    const Reply reply = client.reply();
    EXPECT_EQ(testing_support::undescribed({.method = method,
                                            .target = target,
                                            .status = reply.status,
                                            .content_type = reply.header("Content-Type"),
                                            .body = reply.body}),
              "");
    return reply;
  }
  Reply call(std::string_view method, std::string_view target, std::string_view body = {},
             std::string_view key = "crw_test") {
    return call_at(app->endpoints().front(), method, target, body, key);
  }
  Reply get(std::string_view target) { return call("GET", target); }
  // The JSON of an answer that must be a success.
  Json made(std::string_view target, const Json& body, std::string_view method = "POST") {
    const Reply reply = call(method, target, body.dump());
    if (reply.status / 100 != 2) throw std::runtime_error(reply.head + reply.body);
    return Json::parse(reply.body);
  }
  static std::string code_of(const Reply& reply) { return Json::parse(reply.body)["error"]["code"].get<std::string>(); }

  // A deployment that runs this, and the path of its incoming webhook.
  void deploy(const Json& runner) {
    deployment = made("/v1/deployments", {{"name", "crew"}})["id"].get<std::string>();
    made("/v1/deployments/" + deployment + "/versions", {{"runner", runner}, {"environment", "production"}});
    const auto url =
        made("/v1/deployments/" + deployment + "/incoming-webhooks", {{"name", "door"}})["url"].get<std::string>();
    door = url.substr(url.find("/webhooks/"));
  }

  std::string read_file(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
  }
  void write_file(const std::filesystem::path& file, std::string_view text) { std::ofstream(file) << text; }

  TempDir dir;
  std::unique_ptr<ProcessGuard> guard = ProcessGuard::start(8).value();  // before the threads
  RunLoop loop;
  FakeClock clock;
  FixedRandom random;
  LogCapture log;
  AppOptions options;
  std::unique_ptr<App> app;
  std::optional<int> exit_code;
  bool running = false;
  std::string deployment;
  std::string door;
};

}  // namespace crewship
