// One daemon's life of many deaths, on one data directory: started under load, killed, its database checked, started
// again; at last it may finish its work, and is checked at rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <e2e/daemon.hpp>

#include "checker.hpp"
#include "ledger.hpp"
#include "subscriber.hpp"

namespace crewship::testing_support {

// The places where the daemon may be told to die (CREWSHIP_KILL_AT), and how often each is passed in a short life.
struct KillPoint {
  std::string name;
  int passed_about = 1;
};
const std::vector<KillPoint>& kill_points();

class Life {
 public:
  explicit Life(std::uint64_t seed, std::optional<std::string> mutant = {});

  // Killed at the point, or at a moment of chance when there is none or it is not passed. False when it died by itself.
  void die(const std::optional<KillPoint>& at);
  // Works off what is left and stops.
  void come_to_rest();

  const Violations& violations() const { return violations_; }
  std::size_t answers() const { return ledger_.answers(); }
  std::size_t deaths_at_points() const { return deaths_at_points_; }
  std::string log() { return daemon_.whole_log(); }

 private:
  void set_up();
  void check_processes();
  void note(Violations found);

  std::mt19937_64 random_;
  Subscriber subscriber_;
  Ledger ledger_;
  Daemon daemon_;
  Checker checker_{{.ledger = ledger_, .subscriber = subscriber_}};
  std::vector<Crew> crews_;
  std::string mark_;  // in the environment of each program that a run starts
  std::optional<std::string> mutant_;
  std::size_t deaths_at_points_ = 0;
  Violations violations_;
};

}  // namespace crewship::testing_support
