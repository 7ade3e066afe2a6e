// What a caller of the daemon was promised, kept outside of it: each 202, and which run an Idempotency-Key stands for.
// Any thread. What contradicts it is a violation, told in words that begin with the invariant's number
// (docs/reliability.md).
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace crewship::testing_support {

using Violations = std::vector<std::string>;

class Ledger {
 public:
  void accepted(const std::string& run_id, const std::optional<std::string>& key, bool replayed) {
    const std::lock_guard lock(mutex_);
    ++answers_;
    runs_.insert(run_id);
    if (!key) return;
    const auto [place, is_new] = run_of_key_.emplace(*key, run_id);
    if (place->second != run_id) {
      violations_.push_back("I1: key " + *key + " stands for " + place->second + " and now for " + run_id);
    } else if (!is_new && !replayed) {
      violations_.push_back("I1: key " + *key + " was not told to be a replay");
    }
  }
  // Keys whose answer was never seen: their callers ask again.
  void unanswered(const std::string& key) {
    const std::lock_guard lock(mutex_);
    open_keys_.push_back(key);
  }
  std::optional<std::string> take_unanswered() {
    const std::lock_guard lock(mutex_);
    if (open_keys_.empty()) return std::nullopt;
    std::string key = open_keys_.back();
    open_keys_.pop_back();
    return key;
  }

  std::set<std::string> runs() const {
    const std::lock_guard lock(mutex_);
    return runs_;
  }
  std::size_t answers() const {
    const std::lock_guard lock(mutex_);
    return answers_;
  }
  Violations violations() const {
    const std::lock_guard lock(mutex_);
    return violations_;
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> runs_;
  std::map<std::string, std::string> run_of_key_;
  std::vector<std::string> open_keys_;
  std::size_t answers_ = 0;
  Violations violations_;
};

}  // namespace crewship::testing_support
