// What rooms count for /metrics. Each value is written by one thread, the one that owns what is counted, and read by
// the loop when somebody scrapes: plain stores, no locked instruction, no allocation. Names and texts are app's
// business.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace crewship {

class Counter {
 public:
  void add(std::uint64_t amount = 1) { set(value() + amount); }
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

// How often what was observed lay at or below each bound. Bounds are powers of two times the first, so that finding the
// bucket is a handful of comparisons.
class Histogram {
 public:
  static constexpr std::size_t bucket_count = 20;

  explicit Histogram(double first_bound) : first_bound_(first_bound) {}

  void observe(double value) {
    std::size_t bucket = 0;
    for (double bound = first_bound_; bucket < bucket_count && value > bound; bound *= 2) ++bucket;
    buckets_[bucket].add();
    sum_.store(sum() + value, std::memory_order_relaxed);
  }
  void observe(std::chrono::nanoseconds duration) { observe(std::chrono::duration<double>(duration).count()); }

  double first_bound() const { return first_bound_; }
  std::uint64_t in_bucket(std::size_t bucket) const { return buckets_[bucket].value(); }  // the last: beyond all bounds
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  double first_bound_;
  std::array<Counter, bucket_count + 1> buckets_;
  std::atomic<double> sum_ = 0;
};

// By a label whose values are words of the program itself, never of a caller. Loop thread.
class LabeledCounter {
 public:
  void add(std::string_view label, std::uint64_t amount = 1) {
    const auto found = values_.find(label);
    if (found != values_.end()) {
      found->second += amount;
    } else if (values_.size() < most_labels) {
      values_.emplace(label, amount);
    } else {
      values_["other"] += amount;
    }
  }
  void add_all(const LabeledCounter& others) {
    for (const auto& [label, amount] : others.values_) add(label, amount);
  }
  const std::map<std::string, std::uint64_t, std::less<>>& values() const { return values_; }

 private:
  static constexpr std::size_t most_labels = 64;

  std::map<std::string, std::uint64_t, std::less<>> values_;
};

}  // namespace crewship
