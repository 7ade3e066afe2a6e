// A RunExecutor with a real store on a real file and real processes; only time stands still. At the end of each test
// the executor must drain, and neither a process nor work on the loop may be left.
#pragma once

#include <deque>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <crewship/domain/delivery.hpp>
#include <crewship/runs/executor.hpp>
#include <crewship/store/deliveries.hpp>
#include <crewship/store/deployments.hpp>
#include <crewship/store/run_events.hpp>
#include <crewship/store/runs.hpp>
#include <crewship/store/webhooks.hpp>

#include "../../../src/runs/process_table.hpp"
#include "fake_caller.hpp"
#include "support/fake_clock.hpp"
#include "support/fixed_random.hpp"
#include "support/log_capture.hpp"
#include "support/run_loop.hpp"
#include "support/temp_dir.hpp"

namespace crewship {

using namespace std::chrono_literals;

class RecordingWakeUp final : public DeliveryWakeUp {
 public:
  void deliveries_due(std::span<const OutgoingWebhookId> webhooks) override {
    woken.insert(woken.end(), webhooks.begin(), webhooks.end());
  }
  std::vector<OutgoingWebhookId> woken;
};

class RunsTest : public testing::Test {
 protected:
  using Answer = std::optional<Result<Launched>>;

  void SetUp() override {
    open_store();
    deployment = ids.make<DeploymentId>();
    incoming = ids.make<IncomingWebhookId>();
    outgoing = ids.make<OutgoingWebhookId>();
    write([this](Tx& tx) {
      insert_deployment(tx, {.id = deployment, .name = "crew", .created_at = clock.now()});
      IncomingWebhook in;
      in.id = incoming;
      in.deployment_id = deployment;
      in.name = "door";
      in.created_at = clock.now();
      insert_incoming_webhook(tx, in, "token");
      OutgoingWebhook out;
      out.id = outgoing;
      out.deployment_id = deployment;
      out.name = "receiver";
      out.url = "https://example.com/hook";
      out.events = {EventType::run_succeeded, EventType::run_failed};
      out.created_at = clock.now();
      insert_outgoing_webhook(tx, out, "whsec_secret");
    });
    make_executor();
  }

  void TearDown() override {
    drain_in_a_hurry();
    runs.reset();
    spawner.reset();
    guard.reset();
    if (feeds) loop.run(feeds->close());
    feeds.reset();
    store.reset();
    EXPECT_TRUE(loop.idle()) << "work was left on the loop";
    EXPECT_THAT(failures, testing::IsEmpty());
    EXPECT_THAT(children_of_thread(::getpid()), testing::IsEmpty()) << "a process was left";
  }

  void open_store() {
    StoreOptions store_options;
    store_options.data_dir = dir / "data";
    store_options.max_queued_writes = max_queued_writes;
    auto opened = Store::open(std::move(store_options), loop.executor(), clock, random);
    ASSERT_TRUE(opened) << opened.error().message;
    store = *std::move(opened);
  }
  void make_executor() {
    if (!feeds) {
      feeds =
          std::make_unique<RunFeeds>(loop.executor(), *store, clock, feed_buffer_bytes, TaskGroup::FailureHandler{});
    }
    spawner = std::make_unique<Spawner>(loop.executor(), *guard, run_as);
    runs = std::make_unique<RunExecutor>(
        loop.executor(), *store, clock, ids, wake_up, *feeds, changes, *spawner, builtins, options,
        [this](std::string_view task, const std::exception_ptr&) { failures.emplace_back(task); });
  }
  // With other options.
  void remake_executor() {
    drain_in_a_hurry();
    runs.reset();
    spawner.reset();
    make_executor();
  }
  void drain_in_a_hurry() {
    if (!runs) return;
    runs->hurry();
    loop.run(runs->drain());
  }

  template <class F>
  std::invoke_result_t<F&, Tx&> write(F fn) {
    return loop.run(store->write(as_job(std::move(fn)))).value();
  }
  template <class F>
  std::invoke_result_t<F&, Tx&> read(F fn) {
    return loop.run(store->read(as_job(std::move(fn)))).value();
  }

  // Puts a new version live.
  VersionId deploy(RunnerSpec runner, std::map<std::string, std::string> env = {},
                   std::optional<std::chrono::seconds> time_limit = {}, ResourceLimits limits = {}) {
    Version version;
    version.id = ids.make<VersionId>();
    version.deployment_id = deployment;
    version.runner = std::move(runner);
    version.env = std::move(env);
    version.time_limit = time_limit;
    version.limits = limits;
    version.created_at = clock.now();
    write([&](Tx& tx) {
      insert_version(tx, version);
      set_environment(tx, deployment, Environment::production, version.id, clock.now());
    });
    return version.id;
  }
  static CommandRunner shell(std::string script) { return {{"sh", "-c", std::move(script)}, {}}; }
  static CommandRunner python(std::string script) { return {{"python3", "-c", std::move(script)}, {}}; }

  LaunchRequest request(std::string input = "{}") {
    return {.deployment_id = deployment, .incoming_webhook_id = incoming, .input = std::move(input)};
  }
  LaunchRequest keyed(std::string key, std::string body = "{}") {
    auto result = request(body);
    result.idempotency = Idempotency{std::move(key), "sha256 of " + body};
    return result;
  }
  Result<Launched> launch(LaunchRequest r) { return loop.run(runs->launch(std::move(r), present)); }
  Result<Launched> launch() { return launch(request()); }
  // A caller who waits in the background; the answer comes when it comes.
  Answer& call(LaunchRequest r, Caller& caller) {
    auto& answer = answers.emplace_back();
    asio::co_spawn(loop.context(), keep_answer(*runs, std::move(r), caller, answer), fail_on_exception);
    loop.poll();
    return answer;
  }
  Answer& call(LaunchRequest r) { return call(std::move(r), present); }
  void await(const Answer& answer) {
    loop.until([&] { return answer.has_value(); });
  }

  crewship::Run row(const RunId& id) {
    return read([&](Tx& tx) { return find_run(tx, id).value(); });
  }
  void await_all_ends() {
    loop.until([&] { return runs->running() == 0; });
  }
  crewship::Run launch_and_end(LaunchRequest r) {
    const auto launched = launch(std::move(r));
    if (!launched) throw std::runtime_error(launched.error().message);
    await_all_ends();
    return row(launched->run_id);
  }
  crewship::Run launch_and_end() { return launch_and_end(request()); }
  std::vector<crewship::Run> all_runs() {
    return read([&](Tx& tx) { return list_runs(tx, {}, {.limit = 100}).rows; });
  }
  std::vector<LogLine> log_of(const RunId& id) {
    return read([&](Tx& tx) { return list_log_lines(tx, id, {.limit = 1'000'000}).rows; });
  }
  std::vector<std::string> messages_of(const RunId& id) {
    std::vector<std::string> result;
    for (auto& line : log_of(id)) result.push_back(std::move(line.message));
    return result;
  }
  std::vector<Delivery> deliveries() {
    return read([&](Tx& tx) {
      std::vector<Delivery> result;
      for (const auto& entry :
           list_deliveries(tx, {.outgoing_webhook_id = outgoing, .status = {}}, {.limit = 100}).rows) {
        result.push_back(find_delivery(tx, entry.id).value());
      }
      return result;
    });
  }

  // A file by which a program tells the test where it is; its text without the last newline.
  std::string mark(const std::string& name) { return (dir / name).string(); }
  std::string await_mark(const std::string& name) {
    const auto deadline = std::chrono::steady_clock::now() + RunLoop::patience;
    for (;;) {
      loop.poll();
      std::ifstream file(mark(name));
      if (std::string line; std::getline(file, line) && !file.eof()) return line;
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("no mark " + name);
      ::poll(nullptr, 0, 1);
    }
  }

  TempDir dir;
  std::unique_ptr<ProcessGuard> guard = ProcessGuard::start(8).value();  // before the threads
  RunLoop loop;
  FakeClock clock;
  FixedRandom random;
  IdGenerator ids{clock, random};
  LogCapture log;
  RecordingWakeUp wake_up;
  BuiltinRegistry builtins;
  std::optional<RunAs> run_as;
  ExecutorOptions options;
  PresentCaller present;
  std::size_t max_queued_writes = 8192;
  std::vector<std::string> failures;
  std::deque<Answer> answers;
  std::unique_ptr<Store> store;
  std::size_t feed_buffer_bytes = 1048576;
  std::unique_ptr<RunFeeds> feeds;
  ChangeFeed changes{loop.executor(), clock, 1048576};
  std::unique_ptr<Spawner> spawner;
  std::unique_ptr<RunExecutor> runs;
  DeploymentId deployment;
  IncomingWebhookId incoming;
  OutgoingWebhookId outgoing;

 private:
  template <class F>
  static auto as_job(F fn) {
    using T = std::invoke_result_t<F&, Tx&>;
    return [fn = std::move(fn)](Tx& tx) mutable -> Result<T> {
      if constexpr (std::is_void_v<T>) {
        fn(tx);
        return {};
      } else {
        return fn(tx);
      }
    };
  }
  static Task<void> keep_answer(RunExecutor& executor, LaunchRequest r, Caller& caller, Answer& answer) {
    answer = co_await executor.launch(std::move(r), caller);
  }
  static void fail_on_exception(const std::exception_ptr& failure) {
    if (failure) ADD_FAILURE() << "launch threw";
  }
};

}  // namespace crewship
