// Random that says the same thing every time: what it gives depends on the seed and on how much was asked for, so that
// a test replays byte for byte. Any thread. Not for secrets.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <random>
#include <span>

#include <crewship/base/random.hpp>

namespace crewship {

class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::uint64_t seed = 1) : engine_(seed) {}

  void fill(std::span<std::byte> out) override {
    const std::lock_guard lock(mutex_);
    std::ranges::generate(out, [this] { return static_cast<std::byte>(engine_() >> 56); });
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace crewship
