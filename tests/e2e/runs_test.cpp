// How programs are run, what becomes of their output, and how they are ended.
#include <algorithm>
#include <csignal>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon.hpp"
#include "gate.hpp"
#include "receiver.hpp"

namespace crewship::testing_support {
namespace {

using testing::HasSubstr;

class Runs : public DaemonTest {
 protected:
  void start(DaemonOptions options = {}) {
    DaemonTest::start(std::move(options));
    crew_ = daemon_->make_crew(builtin_echo());
  }
  // The run of a new version, at its end.
  Json run(const Json& runner, const Json& more = Json::object(), std::string_view input = "{}") {
    daemon_->go_live(crew_, runner, more);
    return daemon_->get("/v1/runs/" + daemon_->run_once(crew_, input)).json();
  }
  std::vector<std::string> log_lines(const Json& run) {
    std::vector<std::string> lines;
    for (const Json& line : daemon_->get("/v1/runs/" + id(run) + "/logs?limit=100").json()["logs"]) {
      lines.push_back(line["message"]);
    }
    return lines;
  }
  static std::string id(const Json& run) { return run["id"]; }
  // Waits for a file that a script writes its process id to.
  pid_t pid_in(const std::filesystem::path& file) {
    std::string text;
    EXPECT_TRUE(daemon_->eventually([&] { return (text = read_file(file)).ends_with('\n'); })) << file;
    return std::atoi(text.c_str());
  }
  bool dies(pid_t pid) {
    return daemon_->eventually([pid] { return !process_lives(pid); });
  }
  std::string file(std::string_view name) const { return (daemon_->folder() / name).string(); }

  Crew crew_;
};

TEST_F(Runs, OutputIsWhatTheProgramPrints) {
  start();
  struct Case {
    const char* script;
    const char* output;
  };
  for (const auto& [script, output] : {
           Case{R"(printf '{"a":1,"b":[true,null]}')", R"({"a":1,"b":[true,null]})"},
           Case{R"(printf '\n {"a":1} \n\n')", R"({"a":1})"},
           Case{"printf 42", R"({"result":42})"},
           Case{"echo '[1, 2]'", R"({"result":[1,2]})"},
           Case{R"(echo '"quoted"')", R"({"result":"quoted"})"},
           Case{"echo null", R"({"result":null})"},
           Case{"echo two words; echo two lines", R"({"result":"two words\ntwo lines"})"},
           Case{R"(echo '{"a":1}'; echo '{"b":2}')", R"({"result":"{\"a\":1}\n{\"b\":2}"})"},
           Case{R"(printf 'caf\351!')", R"({"result":"caf\ufffd!"})"},
           Case{"true", "{}"},
           Case{"echo; echo", "{}"},
       }) {
    const Json ended = run(shell(script));
    EXPECT_EQ(ended["status"], "succeeded") << script;
    EXPECT_EQ(ended["output"], Json::parse(output)) << script;
    EXPECT_EQ(ended["error_message"], nullptr);
  }
}

TEST_F(Runs, InputComesOnStandardInput) {
  start();
  EXPECT_EQ(run(shell("cat"), Json::object(), R"({"topic":"é","n":[1]})")["output"],
            Json::parse(R"({"topic":"é","n":[1]})"));
  EXPECT_EQ(run(builtin_echo(), Json::object(), R"({"topic":"x"})")["output"], (Json{{"topic", "x"}}));
  const std::string large = R"({"a":")" + std::string(1000000, 'x') + R"("})";
  EXPECT_EQ(run(shell("wc -c"), Json::object(), large)["output"]["result"], large.size());
  EXPECT_EQ(run(shell("echo not read"), Json::object(), large)["output"]["result"], "not read");
}

TEST_F(Runs, FailuresSayWhatHappened) {
  start({.config = {{"executor", {{"output_bytes", 1000}}}}});
  struct Case {
    const char* script;
    const char* message;
  };
  for (const auto& [script, message] : {
           Case{"echo first >&2; echo 'it broke' >&2; exit 3", "exited with status 3: it broke"},
           Case{"printf 'no line end' >&2; exit 1", "exited with status 1: no line end"},
           Case{"echo out; exit 255", "exited with status 255"},
           Case{"kill -9 $$", "killed by signal 9 (SIGKILL)"},
           Case{"kill -11 $$", "killed by signal 11 (SIGSEGV)"},
           Case{"head -c 1001 /dev/zero; exec sleep 1000", "output exceeds 1000 bytes"},
       }) {
    const Json ended = run(shell(script));
    EXPECT_EQ(ended["status"], "failed") << script;
    EXPECT_EQ(ended["error_message"], message) << script;
    EXPECT_EQ(ended["output"], nullptr) << script;
    EXPECT_FALSE(ended["started_at"].is_null());
  }
  EXPECT_EQ(run(shell("exec sleep 1000"), {{"timeout_seconds", 1}})["error_message"], "exceeded its time limit of 1 s");
  EXPECT_EQ(run(shell("head -c 1000 /dev/zero | tr '\\0' x"))["output"]["result"], std::string(1000, 'x'));
}

TEST_F(Runs, LogIsStandardErrorLineByLine) {
  start();
  const Json ended = run(shell("for i in 1 2 3 4 5; do echo \"line $i\" >&2; done; printf 'caf\\351' >&2; echo out"));
  EXPECT_EQ(log_lines(ended),
            (std::vector<std::string>{"line 1", "line 2", "line 3", "line 4", "line 5", "caf\xef\xbf\xbd"}));

  const std::string path = "/v1/runs/" + id(ended) + "/logs?limit=4";
  const Json first = daemon_->get(path).json();
  ASSERT_EQ(first["logs"].size(), 4u);
  EXPECT_EQ(first["logs"][0]["message"], "line 1") << "oldest first";
  for (const char* field : {"id", "timestamp", "level", "message"}) EXPECT_TRUE(first["logs"][0].contains(field));
  const Json rest = daemon_->get(path + "&cursor=" + first["next_cursor"].get<std::string>()).json();
  EXPECT_EQ(rest["logs"].size(), 2u);
  EXPECT_EQ(rest["next_cursor"], nullptr);
}

TEST_F(Runs, LogCanBeReadWhileTheProgramRuns) {
  start();
  daemon_->go_live(crew_, shell("echo working >&2; exec sleep 1000"));
  const std::string run_id = daemon_->trigger(crew_).json()["run_id"];
  daemon_->wait_for("/v1/runs/" + run_id + "/logs", [](const Json& body) {
    return body["logs"].size() == 1 && body["logs"][0]["message"] == "working";
  });
}

TEST_F(Runs, EnvironmentIsClean) {
  start({.environment = {{"SECRET_OF_THE_DAEMON", "hidden"},
                         {"LANG", "C.UTF-8"},
                         {"PATH", "/usr/bin:/bin"},
                         {"HOME", "/nowhere"},
                         {"http_proxy", "http://127.0.0.1:1"}}});
  const Json ended =
      run({{"type", "command"}, {"command", {"env"}}}, {{"env", {{"MODEL", "large size"}, {"LANG", "C"}}}});
  std::istringstream printed(ended["output"]["result"].get<std::string>());
  std::vector<std::string> variables;
  for (std::string line; std::getline(printed, line);) {
    if (!line.starts_with("CREWSHIP_INSTANCE=")) variables.push_back(line);  // the guard process's mark
  }
  EXPECT_THAT(variables, testing::UnorderedElementsAre(
                             "PATH=/usr/bin:/bin", "HOME=/nowhere", "LANG=C", "MODEL=large size",
                             "CREWSHIP_RUN_ID=" + id(ended), "CREWSHIP_DEPLOYMENT_ID=" + crew_.deployment_id,
                             "CREWSHIP_VERSION_NUMBER=2", "CREWSHIP_ENVIRONMENT=production", "CREWSHIP_EVENTS_FD=3",
                             "TRACEPARENT=" + ended["traceparent"].get<std::string>()));
}

TEST_F(Runs, HaveNoDescriptorsButTheStandardOnesAndTheOneForEvents) {
  start();
  const Json ended = run({{"type", "command"}, {"command", {"ls", "/proc/self/fd"}}});
  EXPECT_EQ(ended["output"]["result"], "0\n1\n2\n3\n4") << "3 is for events, 4 the folder that ls reads";
}

TEST_F(Runs, StartInTheirWorkingDirectoryInTheirOwnGroup) {
  start();
  const std::string folder = daemon_->folder().string();
  EXPECT_EQ(run({{"type", "command"}, {"command", {"pwd"}}, {"working_dir", folder}})["output"]["result"], folder);
  EXPECT_EQ(run(shell("[ $(ps -o pgid= -p $$) = $$ ] && echo leader"))["output"]["result"], "leader");
  EXPECT_EQ(run({{"type", "command"}, {"command", {"printf", "%s", "$HOME;`id`"}}})["output"]["result"], "$HOME;`id`")
      << "no shell reads the words";
}

TEST_F(Runs, MayEndThemselvesAtTheTimeLimit) {
  start({.config = {{"executor", {{"kill_grace", "60s"}}}}});
  const Json ended = run(shell("trap 'echo tidied up >&2; exit 0' TERM; sleep 1000 & wait"), {{"timeout_seconds", 2}});
  EXPECT_EQ(ended["error_message"], "exceeded its time limit of 2 s");
  EXPECT_THAT(log_lines(ended), testing::Contains("tidied up"));
}

TEST_F(Runs, AreKilledWithAllTheyStarted) {
  start();
  const std::string script = "trap '' TERM; echo $$ > " + file("leader") + "; sleep 1000 & echo $! > " + file("child") +
                             "; setsid sh -c 'echo $$ > " + file("escaped") + "; exec sleep 1000' & wait; wait; wait";
  daemon_->go_live(crew_, shell(script));
  const std::string run_id = daemon_->trigger(crew_).json()["run_id"];
  const std::vector<pid_t> pids{pid_in(file("leader")), pid_in(file("child")), pid_in(file("escaped"))};
  for (const pid_t pid : pids) EXPECT_TRUE(process_lives(pid));
  const Answer canceled = daemon_->post("/v1/runs/" + run_id + "/cancel");
  EXPECT_EQ(canceled.status, 200);
  EXPECT_EQ(canceled.json()["status"], "canceled");
  for (const pid_t pid : pids) EXPECT_TRUE(dies(pid));
}

TEST_F(Runs, EndThoughAGrandchildHoldsThePipes) {
  start();
  const Json ended = run(shell("sleep 1000 & echo $! > " + file("child") + "; echo done"));
  EXPECT_EQ(ended["status"], "succeeded");
  EXPECT_EQ(ended["output"]["result"], "done");
  EXPECT_TRUE(dies(pid_in(file("child"))));
}

TEST_F(Runs, CanBeCanceled) {
  start();
  Receiver receiver;
  const Json webhook = daemon_->subscribe(crew_, receiver.url());
  daemon_->go_live(crew_, shell("exec sleep 1000"));
  const std::string path = "/v1/runs/" + daemon_->trigger(crew_).json()["run_id"].get<std::string>();
  const Answer canceled = daemon_->post(path + "/cancel");
  EXPECT_EQ(canceled.status, 200);
  EXPECT_EQ(canceled.json()["status"], "canceled");
  EXPECT_EQ(canceled.json()["output"], nullptr);
  EXPECT_FALSE(canceled.json()["completed_at"].is_null());
  EXPECT_EQ(daemon_->deliveries(webhook), Json::array()) << "the product has two events";
  EXPECT_EQ(daemon_->post(path + "/cancel").json(), canceled.json()) << "a no-op on a finished one";

  const Json succeeded = run(builtin_echo());
  EXPECT_EQ(daemon_->post("/v1/runs/" + id(succeeded) + "/cancel").json(), succeeded);
  EXPECT_EQ(daemon_->post("/v1/runs/run_00000000000000000000000000/cancel").status, 404);
}

// 10 GB is more than any buffer; with SIGTERM ignored the flood goes on until the kill, and the daemon serves
// meanwhile.
TEST_F(Runs, FloodOfOutputCostsNeitherMemoryNorTheLoop) {
  start();
  daemon_->go_live(crew_, shell("trap '' TERM; head -c 10G /dev/zero"));
  const auto peak_kib = [this] {
    const std::string status = read_file("/proc/" + std::to_string(daemon_->program().pid()) + "/status");
    return std::atol(status.substr(status.find("VmHWM:") + 6).c_str());
  };
  const long before = peak_kib();
  const std::string run_id = daemon_->trigger(crew_).json()["run_id"];
  const Json ended = daemon_->wait_for_run(run_id);
  EXPECT_EQ(ended["error_message"], "output exceeds 1048576 bytes");
  EXPECT_TRUE(processes_of_run(run_id).empty());
  EXPECT_LT(peak_kib() - before, 64 * 1024);
}

TEST_F(Runs, FloodOfLogLinesCostsNeitherMemoryNorTheLoop) {
  start({.config = {{"executor", {{"log_bytes", 100000}}}}});
  daemon_->go_live(crew_, shell("yes 'the same line again' >&2"), {{"timeout_seconds", 1}});
  const std::string run_id = daemon_->trigger(crew_).json()["run_id"];
  EXPECT_EQ(curl({.url = daemon_->url() + "/healthz"}).status, 200);
  EXPECT_EQ(daemon_->wait_for_run(run_id)["error_message"], "exceeded its time limit of 1 s");
  const auto size = std::filesystem::file_size(daemon_->data_dir() / "crewship.db");
  EXPECT_LT(size, 4u * 1024 * 1024);
}

}  // namespace
}  // namespace crewship::testing_support
