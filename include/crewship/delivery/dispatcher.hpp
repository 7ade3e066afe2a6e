// Sends what is due: claims deliveries by row state, signs, posts, records the attempt, decides by domain's next_step.
// Each webhook has its own cap, the global cap is shared round robin, so that a receiver that hangs holds only its own
// places. Memory does not grow with what waits: only webhooks with waiting deliveries are kept. Loop thread; owned by
// App.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include <crewship/base/clock.hpp>
#include <crewship/base/ids.hpp>
#include <crewship/base/metrics.hpp>
#include <crewship/base/random.hpp>
#include <crewship/base/task_group.hpp>
#include <crewship/delivery/sender.hpp>
#include <crewship/delivery/wake_up.hpp>
#include <crewship/domain/delivery.hpp>
#include <crewship/events/change_feed.hpp>
#include <crewship/store/store.hpp>

namespace crewship {

struct DispatcherOptions {
  RetryPolicy retry;
  std::size_t max_in_flight = 256;
  std::size_t max_in_flight_per_webhook = 8;
};

// Since the start of the program.
struct DeliveryMetrics {
  Counter attempts_succeeded;
  Counter attempts_failed;
  Counter attempts_cut_off;  // by a stop; made again
  Counter succeeded;
  Counter failed;  // given up after the last attempt
  Histogram attempt_seconds{0.001};
};

class Dispatcher final : public DeliveryWakeUp {
 public:
  Dispatcher(Executor executor, Store& store, Clock& clock, Random& random, IdGenerator& ids, Sender& sender,
             ChangeFeed& changes, DispatcherOptions options, TaskGroup::FailureHandler on_failure);
  ~Dispatcher() override;

  // Releases what a crash left in flight, finds what waits, then starts sending.
  Task<Result<>> start();
  void deliveries_due(std::span<const OutgoingWebhookId> webhooks) override;
  // Settings that SIGHUP may change; those in flight finish under the old ones.
  void reconfigure(DispatcherOptions options);
  // Claims nothing more, lets what is in flight finish for `grace`, then cuts it off and records it as in doubt, due
  // again at the next start.
  Task<void> stop(std::chrono::milliseconds grace);
  // Attempts whose end is not recorded yet. Those that are over hold no place any more.
  std::size_t in_flight() const;
  // How long the first webhook in the queue for max_in_flight, whose delivery is due, has waited for its turn.
  // Receivers that are down or slow hold up their own deliveries, which this does not count.
  std::chrono::milliseconds waited_for_turn() const;
  const DeliveryMetrics& metrics() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crewship
