#include "patient_write.hpp"

#include <algorithm>
#include <utility>

#include <crewship/base/log.hpp>

namespace crewship {
namespace {

constexpr auto first_pause = std::chrono::milliseconds(100);
constexpr auto longest_pause = std::chrono::milliseconds(5000);
constexpr int tries_while_draining = 8;  // about 20 s
constexpr int tries_of_a_broken_store = 4;

}  // namespace

Task<bool> write_patiently(RunContext& context, RunControl& control, RunId run, std::function<Result<>(Tx&)> write,
                           std::function<void()> when_delayed) {
  std::unique_ptr<Timer> timer;
  auto pause = first_pause;
  int tries_draining = 0;
  int tries_broken = 0;
  for (;;) {
    const auto written = co_await context.store.write(std::ref(write), Undo::group);
    if (written) co_return true;
    if (when_delayed) std::exchange(when_delayed, {})();
    // A full disk or queue is a passing state; anything else is one try away from final.
    if (written.error().kind != ErrorKind::unavailable) ++tries_broken;
    if (context.draining) ++tries_draining;
    const bool give_up =
        context.hurried || tries_draining >= tries_while_draining || tries_broken >= tries_of_a_broken_store;
    log_error(give_up ? "run's state given up" : "run's state not written yet",
              {{"run_id", run}, {"code", written.error().code}, {"error", written.error().message}});
    if (give_up) co_return false;
    if (!timer) timer = context.clock.make_timer(context.executor);
    control.listen([&timer] { timer->wake(); });
    co_await timer->wait(pause);
    control.listen({});
    pause = std::min(pause * 2, longest_pause);
  }
}

}  // namespace crewship
