// Callers of the daemon's incoming webhooks, each on a connection and a thread of its own, that stop at the first
// connection that breaks. What they were answered goes into the ledger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include <e2e/daemon.hpp>

#include "ledger.hpp"

namespace crewship::testing_support {

class Load {
 public:
  Load(const Daemon& daemon, const std::vector<Crew>& crews, Ledger& ledger, std::size_t callers, std::uint64_t seed);
  ~Load() { join(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void stop() { stopping_ = true; }
  void join();

 private:
  void call(std::uint64_t seed);
  std::optional<std::string> choose_key(std::mt19937_64& random);

  const Daemon& daemon_;
  const std::vector<Crew>& crews_;
  Ledger& ledger_;
  std::atomic<bool> stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace crewship::testing_support
