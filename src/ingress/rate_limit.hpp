// How often each webhook may be called, or each peer may be wrong: a token bucket for each key, filled evenly over the
// minute. Keys come in by count() alone, so what is never counted costs no memory. Loop thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <crewship/base/clock.hpp>

namespace crewship {

class RateLimit {
 public:
  explicit RateLimit(std::size_t calls_per_minute) : calls_per_minute_(static_cast<double>(calls_per_minute)) {}

  bool active() const { return calls_per_minute_ > 0; }
  // How long the caller with this key must wait, or nothing when the call may go on. An unknown key may.
  std::optional<std::chrono::seconds> refused(const std::string& key, SteadyTime now);
  // Counts a call that was let in.
  void count(const std::string& key, SteadyTime now);
  bool knows(const std::string& key) const { return buckets_.contains(key); }
  std::size_t size() const { return buckets_.size(); }

 private:
  struct Bucket {
    double calls_left;
    SteadyTime updated_at;
  };
  double calls_left(const Bucket& bucket, SteadyTime now) const;
  void forget_full_buckets(SteadyTime now);

  double calls_per_minute_;
  std::unordered_map<std::string, Bucket> buckets_;
  SteadyTime cleaned_at_{};
};

}  // namespace crewship
