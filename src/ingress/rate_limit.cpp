#include "rate_limit.hpp"

#include <algorithm>
#include <cmath>

namespace crewship {
namespace {

constexpr auto minute = std::chrono::minutes(1);

double seconds_between(SteadyTime from, SteadyTime to) { return std::chrono::duration<double>(to - from).count(); }

}  // namespace

double RateLimit::calls_left(const Bucket& bucket, SteadyTime now) const {
  return std::min(calls_per_minute_,
                  bucket.calls_left + seconds_between(bucket.updated_at, now) * calls_per_minute_ / 60.0);
}

std::optional<std::chrono::seconds> RateLimit::refused(const std::string& key, SteadyTime now) {
  if (!active()) return std::nullopt;
  const auto found = buckets_.find(key);
  if (found == buckets_.end()) return std::nullopt;
  const double left = calls_left(found->second, now);
  if (left >= 1.0) return std::nullopt;
  // What rounding adds must not make a whole second longer.
  const double wait = std::ceil((1.0 - left) * 60.0 / calls_per_minute_ - 1e-6);
  return std::chrono::seconds(std::max(1L, static_cast<long>(wait)));
}

void RateLimit::count(const std::string& key, SteadyTime now) {
  if (!active()) return;
  forget_full_buckets(now);
  const auto [place, added] = buckets_.try_emplace(key, Bucket{calls_per_minute_, now});
  place->second = {calls_left(place->second, now) - 1.0, now};
}

// A full bucket says no more than none at all.
void RateLimit::forget_full_buckets(SteadyTime now) {
  if (now - cleaned_at_ < minute) return;
  cleaned_at_ = now;
  std::erase_if(buckets_, [&](const auto& entry) { return calls_left(entry.second, now) >= calls_per_minute_; });
}

}  // namespace crewship
