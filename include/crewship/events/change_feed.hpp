// What changes on the whole server: runs and deliveries, one frame a change, for those who would otherwise ask for
// lists again and again. Kept in memory only, and only while somebody listens or did a moment ago: who missed something
// is told to read the lists again. Published after the commit. Loop thread; owned by App; outlives all watches.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <crewship/base/clock.hpp>
#include <crewship/domain/delivery.hpp>
#include <crewship/domain/run.hpp>

namespace crewship {

enum class ChangeType {
  run_pending,
  run_started,
  run_succeeded,
  run_failed,
  run_canceled,
  delivery_pending,  // made, or asked for again
  delivery_attempt,  // one has ended, whatever came of it
  delivery_succeeded,
  delivery_failed,
};
std::string_view to_string(ChangeType type);  // "run.pending", …
std::optional<ChangeType> parse_change_type(std::string_view text);

struct ChangeFilter {
  std::vector<ChangeType> types{};  // none: all
  std::optional<DeploymentId> deployment_id{};
  std::optional<Environment> environment{};
};

// Whose delivery it is.
struct DeliveryScope {
  DeploymentId deployment_id;
  Environment environment = Environment::production;
};

class ChangeFeed {
 public:
  // `kept_bytes` of frames are kept for those who come back.
  ChangeFeed(Executor executor, Clock& clock, std::size_t kept_bytes);

  void run_changed(const Run& run);
  // The start of a run that has ended since.
  void run_started(const Run& ended);
  void delivery_pending(const Delivery& delivery, const DeliveryScope& scope);
  // And what became of the delivery, when that was its last.
  void attempt_ended(const Delivery& delivery, const Attempt& attempt, const DeliveryScope& scope);
  // More than can be told one by one: everybody is to read the lists again.
  void much_changed();

  // Ends all watches, those that are yet to come included.
  void close();
  std::size_t watches() const { return watchers_.size(); }

 private:
  friend class ChangeWatch;
  struct Change {
    std::int64_t number;
    std::optional<ChangeType> type;  // none: much has changed
    DeliveryScope scope;
    std::string frame;
  };
  bool recording();
  void publish(ChangeType type, DeliveryScope scope, std::string_view data);
  void keep(Change change);
  static bool matches(const Change& change, const ChangeFilter& filter);

  Executor executor_;
  Clock& clock_;
  std::size_t kept_limit_;
  std::deque<Change> kept_;
  std::size_t kept_bytes_ = 0;
  std::int64_t last_number_;  // ids go on growing over a restart: they begin with the time
  std::int64_t forgotten_;    // the last number that is not kept any more
  std::optional<SteadyTime> deserted_at_;
  std::vector<Timer*> watchers_;
  bool closed_ = false;
};

struct ChangePiece {
  std::string bytes{};  // empty: nothing came in time
  bool end = false;
};

// One listener; ended by destroying it.
class ChangeWatch {
 public:
  // Begins behind change `after`, else with what happens from now on.
  ChangeWatch(ChangeFeed& feed, ChangeFilter filter, std::optional<std::int64_t> after);
  ~ChangeWatch();
  ChangeWatch(const ChangeWatch&) = delete;
  ChangeWatch& operator=(const ChangeWatch&) = delete;

  Task<ChangePiece> next(std::chrono::nanoseconds patience);

 private:
  std::string take();

  ChangeFeed& feed_;
  ChangeFilter filter_;
  std::unique_ptr<Timer> timer_;
  std::int64_t position_;
};

}  // namespace crewship
