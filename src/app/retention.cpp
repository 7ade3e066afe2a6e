#include "retention.hpp"

#include <algorithm>
#include <cstddef>

#include <crewship/base/log.hpp>
#include <crewship/store/activity.hpp>
#include <crewship/store/deliveries.hpp>
#include <crewship/store/runs.hpp>

namespace crewship {
namespace {

constexpr std::size_t rows_a_step = 200;
// The overview shows a week, in whole buckets.
constexpr auto activity_kept = std::chrono::days(8);

using DeleteStep = std::size_t (*)(Tx&, WallTime, std::size_t);

Task<std::size_t> delete_all(Store& store, DeleteStep step, WallTime before) {
  std::size_t total = 0;
  while (true) {
    const auto deleted =
        co_await store.write([&](Tx& tx) -> Result<std::size_t> { return step(tx, before, rows_a_step); });
    if (!deleted) {
      log_warning("retention failed", {{"error", deleted.error().message}});
      co_return total;
    }
    total += *deleted;
    if (*deleted < rows_a_step) co_return total;
  }
}

}  // namespace

Task<void> keep_retention(Store& store, Clock& clock, Executor executor, RetentionOptions options) {
  const auto timer = clock.make_timer(executor);
  const WallTime started = clock.now();
  const SteadyTime steady_started = clock.steady_now();
  while (true) {
    // A clock that was set forward must not make old what is not: no faster than time passes.
    const auto passed = std::chrono::floor<std::chrono::milliseconds>(clock.steady_now() - steady_started);
    const WallTime now = std::min(clock.now(), started + passed);
    const std::size_t deliveries = co_await delete_all(store, delete_old_deliveries, now - options.deliveries);
    const std::size_t runs = co_await delete_all(store, delete_old_runs, now - options.runs);
    co_await delete_all(store, delete_old_activity, now - activity_kept);
    if (runs + deliveries > 0) log_info("retention deleted", {{"runs", runs}, {"deliveries", deliveries}});
    co_await timer->wait(options.interval);
  }
}

}  // namespace crewship
