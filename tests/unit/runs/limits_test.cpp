// What a version's limits allow, and what a run that passes one is told.
#include <csignal>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../../../src/runs/run_outcome.hpp"
#include "runs_fixture.hpp"

namespace crewship {
namespace {

using testing::HasSubstr;

constexpr std::int64_t mebibyte = 1 << 20;

class LimitsTest : public RunsTest {
 protected:
  void deploy_limited(RunnerSpec runner, ResourceLimits limits) { deploy(std::move(runner), {}, {}, limits); }
  // The daemon looks at the run as often as the test does.
  crewship::Run launch_and_watch() {
    const auto launched = launch();
    if (!launched) throw std::runtime_error(launched.error().message);
    const auto deadline = std::chrono::steady_clock::now() + 55s;  // a busy machine takes long for a second of CPU time
    while (runs->running() > 0 && std::chrono::steady_clock::now() < deadline) {
      loop.poll();
      if (clock.waiting() > 1) clock.advance(100ms);
      ::poll(nullptr, 0, 5);
    }
    return row(launched->run_id);
  }
  // Runs that far that the daemon has looked at it `times` times; it may then go on.
  void look(int times) {
    for (; times > 0; --times) {
      loop.until([&] { return clock.waiting() >= 2; });  // the time limit and the next look
      clock.advance(100ms);
    }
  }
};

TEST_F(LimitsTest, CpuSecondsEndAProgramThatCalculates) {
  deploy_limited(python("while True: pass"), {.cpu_seconds = 1});
  EXPECT_EQ(launch_and_end().error_message, "exceeded its limit of 1 s of CPU time");
}

// The kernel sends SIGKILL a second after a SIGXCPU that changed nothing. Pure, as a second of CPU time can take long.
TEST(RunOutcome, AKillAfterTheCpuSecondsIsPutDownToThem) {
  const auto message = [](int signal, std::chrono::milliseconds cpu_time, ResourceLimits resources) {
    const ProcessEnd end{.status = {.signaled = true, .value = signal, .cpu_time = cpu_time},
                         .stopped_for = StopReason::none};
    return std::get<RunFailed>(outcome_of_command(end, "", "", {.time_limit = 1h, .resources = resources}))
        .error_message;
  };
  EXPECT_EQ(message(SIGXCPU, 2990ms, {.cpu_seconds = 3}), "exceeded its limit of 3 s of CPU time");
  EXPECT_EQ(message(SIGKILL, 3900ms, {.cpu_seconds = 3}), "exceeded its limit of 3 s of CPU time");
  EXPECT_EQ(message(SIGKILL, 2900ms, {.cpu_seconds = 3}), "killed by signal 9 (SIGKILL)");
  EXPECT_EQ(message(SIGSEGV, 3900ms, {.cpu_seconds = 3}), "killed by signal 11 (SIGSEGV)");
  EXPECT_EQ(message(SIGXCPU, 3900ms, {}), "killed by signal 24 (SIGXCPU)");
}

TEST_F(LimitsTest, AKillThatHasNothingToDoWithCpuSecondsIsNotPutDownToThem) {
  deploy_limited(shell("kill -9 $$"), {.cpu_seconds = 1});
  EXPECT_EQ(launch_and_end().error_message, "killed by signal 9 (SIGKILL)");
}

TEST_F(LimitsTest, OpenFilesAreCountedFromStdinOn) {
  deploy_limited(python("import os\nn = 0\n"
                        "try:\n  while True: n = os.open('/dev/null', 0)\n"
                        "except OSError as e: print(n, e.strerror)"),
                 {.open_files = 32});
  EXPECT_EQ(launch_and_end().output, R"({"result":"31 Too many open files"})");
}

TEST_F(LimitsTest, AllocatingMoreThanTheMemoryFailsInTheProgramItself) {
  deploy_limited(python("x = bytearray(200 * 1024 * 1024)"), {.memory_bytes = 100 * mebibyte});
  EXPECT_EQ(launch_and_end().error_message, "exited with status 1: MemoryError");
  deploy_limited(python("x = bytearray(50 * 1024 * 1024)"), {.memory_bytes = 100 * mebibyte});
  EXPECT_EQ(launch_and_end().output, "{}");
}

// Node, Go and Java reserve gigabytes that they never touch.
TEST_F(LimitsTest, ReservedAddressesAreNoMemory) {
  deploy_limited(python("import mmap\nmmap.mmap(-1, 8 << 30, prot=0, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)"),
                 {.memory_bytes = 100 * mebibyte});
  EXPECT_EQ(launch_and_end().output, "{}");
}

TEST_F(LimitsTest, MemoryIsThatOfAllProcessesTogether) {
  deploy_limited(python("import os, time\n"
                        "for i in range(4):\n"
                        "  if os.fork() == 0: x = bytearray(b'x' * (40 << 20)); time.sleep(1000)\n"
                        "time.sleep(1000)"),
                 {.memory_bytes = 100 * mebibyte});
  EXPECT_EQ(launch_and_watch().error_message, "exceeded its memory limit of 104857600 bytes");
}

TEST_F(LimitsTest, MemoryThatForksShareCountsOnce) {
  deploy_limited(python("import os, time\n"
                        "x = bytearray(b'x' * (40 << 20))\n"
                        "for i in range(4):\n"
                        "  if os.fork() == 0: time.sleep(1000)\n"
                        "open('" +
                        mark("ready") + "', 'w').write('ready\\n')\n" + "while not os.path.exists('" + mark("go") +
                        "'): time.sleep(0.001)\n"),
                 {.memory_bytes = 100 * mebibyte});
  const auto launched = launch();
  await_mark("ready");
  look(3);
  std::ofstream(mark("go")) << "\n";
  loop.until([&] {
    if (clock.waiting() > 1) clock.advance(1s);  // and the grace of those it leaves
    return runs->running() == 0;
  });
  EXPECT_EQ(row(launched->run_id).status, RunStatus::succeeded) << row(launched->run_id).error_message.value_or("");
}

TEST_F(LimitsTest, ProcessesAreCountedWhereverTheyAre) {
  deploy_limited(shell("for i in 1 2 3; do sleep 1000 & done; for i in 1 2 3; do setsid -f env -i sleep 1000; done; "
                       "trap '' TERM; wait; sleep 1000"),
                 {.processes = 6});
  EXPECT_EQ(launch_and_watch().error_message, "exceeded its limit of 6 processes");
}

TEST_F(LimitsTest, AsManyProcessesAsAllowedAreNoneTooMany) {
  // No $(...) here: it would be a fourth process for a moment.
  deploy_limited(shell("sleep 1000 & one=$!; sleep 1000 & two=$!; echo > " + mark("ready") + "; while [ ! -e " +
                       mark("go") + " ]; do :; done; kill $one $two; echo done"),
                 {.processes = 3});
  const auto launched = launch();
  await_mark("ready");
  look(3);
  std::ofstream(mark("go")) << "\n";
  await_all_ends();
  EXPECT_EQ(row(launched->run_id).output, R"({"result":"done"})");
}

// 255 processes, each in a session of its own and deaf to SIGTERM, and each with its parent still there.
TEST_F(LimitsTest, AForkBombLeavesNobody) {
  deploy_limited(python("import os, signal, time\n"
                        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                        "for i in range(8):\n"
                        "  if os.fork() == 0: os.setsid()\n"
                        "time.sleep(1000)"),
                 {.processes = 20});
  EXPECT_EQ(launch_and_watch().error_message, "exceeded its limit of 20 processes");
  EXPECT_THAT(children_of_thread(::getpid()), testing::SizeIs(1)) << "the guard alone";
}

TEST_F(LimitsTest, AreThoseOfTheVersion) {
  deploy_limited(shell("ulimit -n; ulimit -d; ulimit -t"),
                 {.memory_bytes = 64 * mebibyte, .cpu_seconds = 7, .open_files = 99});
  EXPECT_EQ(launch_and_end().output, R"({"result":"99\n65536\n7"})");
  deploy(shell("ulimit -d; ulimit -t"));
  EXPECT_EQ(launch_and_end().output, R"({"result":"unlimited\nunlimited"})");
}

}  // namespace
}  // namespace crewship
