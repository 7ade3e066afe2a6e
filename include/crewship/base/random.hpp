// Randomness as a seam. SystemRandom is OpenSSL's CSPRNG; any thread. Failure of the CSPRNG ends the process: nothing
// that needs a secret may go on without one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace crewship {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> out) = 0;

  // Uniform in [-1, 1): what jitter is made of.
  double symmetric();
  std::string bytes(std::size_t count);
};

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::byte> out) override;
};

}  // namespace crewship
