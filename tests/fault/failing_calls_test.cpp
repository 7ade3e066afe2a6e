// Disks, descriptors and processes that fail while the daemon serves: it says so, goes on when it can and ends when it
// must.
#include <cerrno>
#include <chrono>
#include <csignal>

#include <fcntl.h>
#include <unistd.h>

#include <e2e/daemon.hpp>
#include <e2e/gate.hpp>
#include <e2e/raw_connection.hpp>
#include <e2e/receiver.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faulty_calls.hpp"

namespace crewship::testing_support {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class FailingCalls : public DaemonTest {
 protected:
  void start_with_faults(Json config = Json::object()) {
    start({.config = std::move(config), .environment = calls.environment()});
  }
  // What ends with 1 says why.
  void expect_end(std::string_view words) {
    EXPECT_EQ(daemon_->program().wait(), 1);
    EXPECT_THAT(daemon_->log().whole(), HasSubstr(words));
  }
  void restart_without_faults() {
    daemon_->options().environment.clear();
    daemon_->start();
  }
  std::string status_of(const std::string& run) { return daemon_->get("/v1/runs/" + run).json().value("status", ""); }

  FaultyCalls calls;
};

class FullDisk : public FailingCalls {};

TEST_F(FullDisk, IsSaidAndGoesAwayWithoutARestart) {
  start_with_faults();
  Receiver receiver;
  const Gate gate(daemon_->folder() / "gate");
  const Crew echo = daemon_->make_crew(builtin_echo());
  const Crew waiting = daemon_->make_crew(shell(gate.wait_command()));
  const Json webhook = daemon_->subscribe(waiting, receiver.url());
  const std::string run = daemon_->trigger(waiting).json()["run_id"];

  calls.fail_all(call_pwrite64, ENOSPC);
  for (int i = 0; i < 5; ++i) {
    const Answer answer = daemon_->trigger(echo);
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.error_code(), "storage_full");
    EXPECT_NE(answer.header("Retry-After"), "");
  }
  EXPECT_EQ(daemon_->post("/v1/deployments", {{"name", "x"}}).status, 503);
  EXPECT_EQ(status_of(run), "running") << "reading goes on";
  gate.open();  // its end waits for space
  ASSERT_TRUE(daemon_->log().wait_for_line({"run's state not written yet", run}));

  calls.mend(call_pwrite64);
  EXPECT_EQ(daemon_->trigger(echo).status, 202);
  EXPECT_EQ(daemon_->wait_for_run(run)["status"], "succeeded");
  ASSERT_EQ(receiver.wait_for(1).size(), 1U);
  EXPECT_EQ(daemon_->wait_for_delivery(receiver.received()[0].header("X-Crewship-Delivery"))["status"], "succeeded");
}

// A short one, at each write of a launch in turn: the row, its start, or its end.
TEST_F(FullDisk, AtAnyMomentOfALaunchAnswersAndLeavesNothingBehind) {
  start_with_faults();
  const Crew crew = daemon_->make_crew({{"type", "command"}, {"command", {"cat"}}});
  daemon_->run_once(crew);
  calls.forget_counts();
  daemon_->run_once(crew);
  const auto writes = calls.calls(call_pwrite64);
  std::size_t started_in_vain = 0;
  for (std::uint64_t nth = 1; nth <= writes; ++nth) {
    SCOPED_TRACE(nth);
    calls.fail(call_pwrite64, ENOSPC, nth);
    const Answer answer = daemon_->trigger(crew);
    const Json body = answer.json();
    if (answer.status == 202) {
      EXPECT_EQ(daemon_->wait_for_run(body["run_id"].get<std::string>())["status"], "succeeded");
      continue;
    }
    EXPECT_EQ(answer.status, 503) << answer.body;
    EXPECT_EQ(answer.error_code(), "storage_full");
    const std::string run = body["error"].value("run_id", "");
    if (run.empty()) continue;
    ++started_in_vain;
    EXPECT_EQ(status_of(run), "failed");
    EXPECT_TRUE(processes_of_run(run).empty());
  }
  EXPECT_GE(started_in_vain, 1U);
  EXPECT_EQ(daemon_->get("/v1/runs?status=running").json()["runs"].size(), 0U);
  EXPECT_EQ(daemon_->get("/v1/runs?status=pending").json()["runs"].size(), 0U);
}

// The run's row is written, its start is not, and its end has to wait for space: the caller has not to.
TEST_F(FullDisk, BetweenARunAndItsStartDoesNotHoldUpTheCaller) {
  start_with_faults();
  const Crew crew = daemon_->make_crew({{"type", "command"}, {"command", {"cat"}}});
  daemon_->run_once(crew);
  std::string run;
  const auto trigger = [&] { return daemon_->trigger(crew, "{}", {"Idempotency-Key: once"}); };
  for (std::uint64_t nth = 1; run.empty(); ++nth) {
    SCOPED_TRACE(nth);
    ASSERT_LT(nth, 50U);
    calls.fail(call_pwrite64, ENOSPC, nth, UINT64_MAX / 2);
    const Answer answer = trigger();
    ASSERT_EQ(answer.status, 503) << answer.body;
    EXPECT_EQ(answer.error_code(), "storage_full");
    run = answer.json()["error"].value("run_id", "");
    if (run.empty()) calls.mend(call_pwrite64);
  }
  EXPECT_EQ(status_of(run), "pending") << "its end cannot be written yet";
  EXPECT_TRUE(processes_of_run(run).empty());
  EXPECT_EQ(trigger().status, 503) << "the key is not free before that";
  calls.mend(call_pwrite64);
  EXPECT_EQ(daemon_->wait_for_run(run)["status"], "failed");
  EXPECT_TRUE(daemon_->eventually([&] { return trigger().status == 202; })) << "a key whose run never started is free";
}

class FullFileSystem : public DaemonTest {};

// A file system of the daemon's own, in a namespace that needs no privileges where the kernel allows it.
TEST_F(FullFileSystem, IsSaidAndGoesAwayWithoutARestart) {
  const std::string script = R"(mount -t tmpfs -o size=6m,mode=700 tmpfs "$0" && exec "$@")";
  if (run_program({.command = {"unshare", "-Urm", "sh", "-c", "mount -t tmpfs tmpfs /mnt"}}).status != 0) {
    GTEST_SKIP() << "no namespaces here; FullDisk has shown the same with calls that fail";
  }
  daemon_ = std::make_unique<Daemon>();
  std::filesystem::create_directory(daemon_->data_dir());
  daemon_->options().wrapper = {"unshare", "-Urm", "sh", "-c", script, daemon_->data_dir()};
  daemon_->start();
  // The daemon's data directory as it sees it.
  const std::filesystem::path inside = "/proc/" + std::to_string(daemon_->program().pid()) + "/root";
  const auto inside_data = inside / daemon_->data_dir().relative_path();
  const Answer deployment =
      daemon_->api_with_key(read_file(inside_data / "admin.key"), "POST", "/v1/deployments", {{"name", "crew"}});
  ASSERT_EQ(deployment.status, 201) << deployment.body;

  {
    const UniqueFd filler(::open((inside_data / "filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_TRUE(filler);
    const std::string block(4096, 'x');
    while (::write(filler.get(), block.data(), block.size()) > 0) {
    }
    ASSERT_EQ(errno, ENOSPC);
  }
  const std::string key = read_file(inside_data / "admin.key");
  Answer answer;
  // The log's file has some room of its own left.
  for (int i = 0; i < 2000 && answer.status != 503; ++i) {
    answer = daemon_->api_with_key(key, "POST", "/v1/deployments", {{"name", std::string(200, 'x')}});
  }
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.error_code(), "storage_full");
  std::filesystem::remove(inside_data / "filler");
  EXPECT_EQ(daemon_->api_with_key(key, "POST", "/v1/deployments", {{"name", "again"}}).status, 201);
}

class BrokenDisk : public FailingCalls, public testing::WithParamInterface<CallId> {};

TEST_P(BrokenDisk, EndsTheDaemonAndLosesNothing) {
  start_with_faults();
  const Crew crew = daemon_->make_crew(builtin_echo());
  const std::string kept = daemon_->run_once(crew);
  calls.fail(GetParam(), EIO);
  const Answer answer = daemon_->trigger(crew);
  EXPECT_NE(answer.status, 202);
  expect_end("database cannot be trusted any more, nothing is acknowledged from now on");
  EXPECT_THAT(daemon_->log().text(), HasSubstr("database failed; stopping"));
  restart_without_faults();
  EXPECT_EQ(status_of(kept), "succeeded");
  EXPECT_EQ(daemon_->trigger(crew).status, 202);
}

INSTANTIATE_TEST_SUITE_P(FailingCalls, BrokenDisk, testing::Values(call_fdatasync, call_pwrite64),
                         [](const auto& info) { return std::string(name_of(info.param)); });

class NoDescriptors : public FailingCalls {};

TEST_F(NoDescriptors, AtAcceptIsNoReasonToSpinOrToStopDelivering) {
  start_with_faults();
  Receiver receiver;
  const Gate gate(daemon_->folder() / "gate");
  const Crew crew = daemon_->make_crew(shell(gate.wait_command()));
  daemon_->subscribe(crew, receiver.url());
  daemon_->trigger(crew);

  const auto began = std::chrono::steady_clock::now();
  calls.fail_all(call_accept, EMFILE);
  RawConnection caller(*daemon_);
  caller.send("GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n");
  ASSERT_TRUE(daemon_->log().wait_for("cannot accept connections"));
  gate.open();
  EXPECT_EQ(receiver.wait_for(1).size(), 1U);
  ASSERT_TRUE(daemon_->eventually([this] { return calls.failed(call_accept) >= 4; }));
  const auto passed = std::chrono::steady_clock::now() - began;
  EXPECT_LE(calls.failed(call_accept), 3U + static_cast<unsigned>(passed / 100ms)) << "it spins";

  calls.mend(call_accept);
  EXPECT_EQ(caller.answer().status, 200) << "who waited is served";
}

TEST_F(NoDescriptors, BecauseOfIdleConnectionsAreLeftForRunsAndDeliveries) {
  start({.config = {{"executor", {{"max_concurrent_runs", 8}}}, {"delivery", {{"max_in_flight", 16}}}},
         .wrapper = {"prlimit", "--nofile=256:256"}});
  Receiver receiver;
  const Crew crew = daemon_->make_crew({{"type", "command"}, {"command", {"cat"}}});
  const Json webhook = daemon_->subscribe(crew, receiver.url());
  RawConnection caller(*daemon_);
  caller.send("GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n");
  ASSERT_EQ(caller.answer().status, 200);
  std::vector<std::unique_ptr<RawConnection>> idle;
  for (int i = 0; i < 400; ++i) idle.push_back(std::make_unique<RawConnection>(*daemon_));

  for (std::size_t i = 1; i <= 8; ++i) {
    caller.send(trigger_request(crew, R"({"a":1})"));
    const Answer answer = caller.answer();
    ASSERT_EQ(answer.status, 202) << answer.body;
    const auto received = receiver.wait_for(i);
    ASSERT_EQ(received.size(), i);
    EXPECT_THAT(received.back().body, HasSubstr(R"("event":"run.succeeded")"));
  }
  EXPECT_THAT(daemon_->log().text(), HasSubstr("taking fewer connections"));
  idle.clear();
}

class NoProcess : public FailingCalls {
 protected:
  void expect_that_it_cannot_start(const Crew& crew, std::string_view reason) {
    const Answer answer = daemon_->trigger(crew);
    EXPECT_EQ(answer.status, 503) << answer.body;
    EXPECT_EQ(answer.error_code(), "run_failed_to_start");
    const std::string run = answer.json()["error"].value("run_id", "");
    const Json ended = daemon_->get("/v1/runs/" + run).json();
    EXPECT_EQ(ended["status"], "failed");
    EXPECT_THAT(ended.value("error_message", ""), HasSubstr(reason));
    EXPECT_TRUE(processes_of_run(run).empty());
  }
};

TEST_F(NoProcess, OneCallThatFailsFailsOneRunAndLeavesNothing) {
  start_with_faults();
  Receiver receiver;
  const Crew crew = daemon_->make_crew({{"type", "command"}, {"command", {"cat"}}});
  daemon_->subscribe(crew, receiver.url());
  daemon_->run_once(crew);
  const auto descriptors = [this] {
    const std::filesystem::path folder = "/proc/" + std::to_string(daemon_->program().pid()) + "/fd";
    return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
  };
  receiver.wait_for(1);
  const auto before = descriptors();
  std::size_t failures = 0;
  for (const CallId call : {call_pipe2, call_clone}) {
    calls.forget_counts();
    daemon_->run_once(crew);
    const auto times = calls.calls(call);
    for (std::uint64_t nth = 1; nth <= times; ++nth, ++failures) {
      SCOPED_TRACE(std::string(name_of(call)) + " " + std::to_string(nth));
      calls.fail(call, EMFILE, nth);
      expect_that_it_cannot_start(crew, "Too many open files");
    }
  }
  EXPECT_GE(failures, 5U);
  EXPECT_EQ(daemon_->get("/v1/runs/" + daemon_->run_once(crew)).json()["status"], "succeeded");
  EXPECT_TRUE(daemon_->eventually([&] { return descriptors() <= before; })) << "descriptors leak";
}

// The kernel's room for watched descriptors (fs.epoll.max_user_watches) is used up.
TEST_F(NoProcess, ThatCanBeWatchedIsEndedAndFailsOneRun) {
  start_with_faults();
  const Crew crew = daemon_->make_crew({{"type", "command"}, {"command", {"cat"}}});
  daemon_->run_once(crew);
  const std::string input = R"({"text":")" + std::string(200'000, 'x') + R"("})";  // more than a pipe takes
  RawConnection caller(*daemon_);
  const auto trigger = [&] {
    caller.send(trigger_request(crew, input));
    return caller.answer();
  };
  ASSERT_EQ(trigger().status, 202);
  constexpr std::uint64_t watched = 5;  // its end and its four pipes
  for (std::uint64_t nth = 1; nth <= watched; ++nth) {
    SCOPED_TRACE(nth);
    calls.fail(call_epoll_add, ENOSPC, nth);
    const Answer answer = trigger();
    ASSERT_EQ(answer.status, 503) << answer.body;
    EXPECT_EQ(answer.error_code(), "run_failed_to_start");
    const std::string run = answer.json()["error"].value("run_id", "");
    const Json ended = daemon_->get("/v1/runs/" + run).json();
    EXPECT_EQ(ended["status"], "failed");
    EXPECT_EQ(ended.value("error_message", ""), "cannot start cat: cannot watch it: No space left on device");
    EXPECT_TRUE(processes_of_run(run).empty());
  }
  EXPECT_EQ(trigger().status, 202);
}

TEST_F(NoProcess, AForkThatFailsFailsOneRun) {
  start_with_faults();
  const Crew crew = daemon_->make_crew({{"type", "command"}, {"command", {"cat"}}});
  calls.fail(call_clone, EAGAIN, 1);
  expect_that_it_cannot_start(crew, "Resource temporarily unavailable");
  EXPECT_EQ(daemon_->get("/v1/runs/" + daemon_->run_once(crew)).json()["status"], "succeeded");
}

// The write-ahead log's name is in the directory: were it lost in a power cut, so were all commits since the start.
TEST_F(FailingCalls, ADataDirectoryThatCannotBeSyncedIsRefused) {
  start_with_faults();
  ASSERT_EQ(daemon_->stop(), 0);
  calls.fail_all(call_fsync, EIO);
  daemon_->launch();
  expect_end("Input/output error");
  EXPECT_THAT(daemon_->log().text(), HasSubstr("cannot start"));
  calls.mend(call_fsync);
  daemon_->start();
}

class DatabaseFile : public DaemonTest {
 protected:
  std::filesystem::path file() { return daemon_->data_dir() / "crewship.db"; }
  // Starts, and must end with 1 and these words.
  void expect_refusal(std::string_view words) {
    daemon_->launch();
    EXPECT_EQ(daemon_->program().wait(), 1);
    EXPECT_THAT(daemon_->log().whole(), HasSubstr("cannot start"));
    EXPECT_THAT(daemon_->log().whole(), HasSubstr(words));
  }
};

TEST_F(DatabaseFile, ThatIsTakenAwayEndsTheDaemon) {
  start();
  const Crew crew = daemon_->make_crew(builtin_echo());
  ASSERT_EQ(daemon_->trigger(crew).status, 202);
  std::filesystem::rename(file(), daemon_->data_dir() / "moved.db");
  EXPECT_NE(daemon_->trigger(crew).status, 202) << "nobody will find this run";
  EXPECT_EQ(daemon_->program().wait(), 1);
  EXPECT_THAT(daemon_->log().whole(), HasSubstr("database file was removed or replaced while in use"));
  // Put back with its log, it is as it was.
  std::filesystem::rename(daemon_->data_dir() / "moved.db", file());
  daemon_->start();
  EXPECT_EQ(daemon_->trigger(crew).status, 202);
}

TEST_F(DatabaseFile, ThatIsReplacedEndsTheDaemon) {
  start();
  const Crew crew = daemon_->make_crew(builtin_echo());
  std::filesystem::copy_file(file(), daemon_->data_dir() / "restored.db");
  std::filesystem::rename(daemon_->data_dir() / "restored.db", file());
  EXPECT_NE(daemon_->trigger(crew).status, 202);
  EXPECT_EQ(daemon_->program().wait(), 1);
}

TEST_F(DatabaseFile, ThatIsNoneIsRefused) {
  start();
  ASSERT_EQ(daemon_->stop(), 0);
  write_file(file(), std::string(8192, 'x'));
  expect_refusal("is damaged or none of SQLite's");
}

TEST_F(DatabaseFile, WithDamagedPagesIsRefusedOrEndsTheDaemon) {
  start();
  daemon_->run_once(daemon_->make_crew(builtin_echo()));
  ASSERT_EQ(daemon_->stop(), 0);
  std::string bytes = read_file(file());
  for (std::size_t at = 4096; at < bytes.size(); ++at) bytes[at] = 'x';
  write_file(file(), bytes);
  expect_refusal("is damaged or none of SQLite's");
}

TEST_F(DatabaseFile, OfANewerVersionIsRefusedAndLeftAlone) {
  start();
  ASSERT_EQ(daemon_->stop(), 0);
  ASSERT_EQ(run_program({.command = {"sqlite3", file(), "PRAGMA user_version=9999"}}).status, 0);
  const std::string before = read_file(file());
  expect_refusal("newer");
  EXPECT_EQ(read_file(file()), before);
}

TEST_F(DatabaseFile, ThatCannotBeWrittenIsRefused) {
  start();
  ASSERT_EQ(daemon_->stop(), 0);
  std::filesystem::permissions(file(), std::filesystem::perms::owner_read);
  if (::geteuid() == 0) {
    // To root, modes mean nothing; so the daemon runs as nobody, who owns all but the write permission.
    ASSERT_EQ(run_program({.command = {"chown", "-R", "65534:65534", daemon_->folder()}}).status, 0);
    daemon_->options().wrapper = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
  }
  expect_refusal("Cannot write");
}

}  // namespace
}  // namespace crewship::testing_support
