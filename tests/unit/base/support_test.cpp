// The helpers that every room's tests stand on.
#include <chrono>
#include <expected>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include <crewship/base/error.hpp>

#include "support/fake_clock.hpp"
#include "support/log_capture.hpp"
#include "support/run_loop.hpp"
#include "support/temp_dir.hpp"

namespace crewship {
namespace {

struct NoDefault {
  explicit NoDefault(int n) : number(n) {}
  int number;
};

Task<std::unique_ptr<NoDefault>> make_pointer() { co_return std::make_unique<NoDefault>(7); }
Task<NoDefault> make_value() { co_return NoDefault(8); }
Task<Result<int>> make_error() { co_return fail(ErrorKind::conflict, "taken", "Choose another."); }
Task<void> throw_logic_error() {
  throw std::logic_error("a bug");
  co_return;
}
Task<void> wait_forever(Timer& timer) { co_await timer.wait(std::chrono::nanoseconds::max()); }

TEST(RunLoop, GivesBackWhatTheTaskReturned) {
  EXPECT_EQ(run_task(make_pointer())->number, 7);
  EXPECT_EQ(run_task(make_value()).number, 8);
  EXPECT_EQ(run_task(make_error()).error().code, "taken");
}

TEST(RunLoop, ThrowsWhatTheTaskThrew) { EXPECT_THROW(run_task(throw_logic_error()), std::logic_error); }

TEST(RunLoop, MayBeUsedAgain) {
  RunLoop loop;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(loop.run(make_value()).number, 8);
  EXPECT_TRUE(loop.idle());
  EXPECT_TRUE(loop.drain());
}

TEST(RunLoop, SaysAtOnceThatNothingCanFulfilTheCondition) {
  RunLoop loop;
  EXPECT_THROW(loop.until([] { return false; }), std::runtime_error);
}

TEST(RunLoop, IsNotIdleWhileSomethingWaits) {
  RunLoop loop;
  FakeClock clock;
  const auto timer = clock.make_timer(loop.executor());
  asio::co_spawn(loop.context(), wait_forever(*timer), [](const std::exception_ptr&) {});
  EXPECT_FALSE(loop.idle());
  timer->wake();
  EXPECT_TRUE(loop.idle());
}

TEST(TempDir, IsRemovedWithWhatIsInIt) {
  std::filesystem::path path;
  {
    const TempDir dir;
    path = dir.path();
    std::filesystem::create_directories(dir / "a" / "b");
    std::ofstream(dir / "a" / "b" / "file") << "text";
    EXPECT_TRUE(std::filesystem::exists(path / "a" / "b" / "file"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(LogCapture, GivesStderrBackWhenItGoes) {
  testing::internal::CaptureStderr();
  {
    const LogCapture log;
    log_debug("captured");
    EXPECT_TRUE(log.has_line("captured"));
    EXPECT_FALSE(log.has_line("captured", "not there"));
  }
  log_debug("below the usual level");
  log_info("not captured");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(text.ends_with("INFO  not captured\n")) << text;
  EXPECT_FALSE(text.contains("below"));
}

}  // namespace
}  // namespace crewship
