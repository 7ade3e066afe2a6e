// A machine whose power fails: the real store on a PowerDisk, fed with runs, ends, claims and attempts in groups. It
// keeps book of what the store has acknowledged and, after each cut, holds the disk against it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <SQLiteCpp/Database.h>
#include <support/fake_clock.hpp>
#include <support/fixed_random.hpp>
#include <support/log_capture.hpp>
#include <support/run_loop.hpp>
#include <support/temp_dir.hpp>

#include <crewship/base/ids.hpp>
#include <crewship/domain/delivery.hpp>
#include <crewship/domain/run.hpp>
#include <crewship/store/deliveries.hpp>
#include <crewship/store/store.hpp>

#include "ledger.hpp"
#include "power_disk.hpp"

namespace crewship::testing_support {

class Machine {
 public:
  explicit Machine(std::uint64_t seed) : disk_(seed), random_(seed), secrets_(seed) {}

  // Boots, works, loses its power, and is looked at.
  void lose_power();

  PowerDisk& disk() { return disk_; }
  const Violations& violations() const { return violations_; }
  std::size_t acknowledged() const { return acknowledged_; }

 private:
  using Job = std::function<Result<>(Tx&)>;
  // How far something has got: 1 it exists, 2 it has ended.
  using Facts = std::map<std::string, int>;

  bool boot();
  void work();
  void shut_down();
  void check();
  Facts facts_on_disk();

  void ask(Job job, std::function<void()> when_acknowledged);
  Task<void> write(Job job, std::function<void()> when_acknowledged);
  void acknowledge(const std::string& what, int far);
  void begin_run(std::size_t input_bytes);
  void end_run();
  void claim();
  void record();
  std::uint64_t pick(std::uint64_t below) { return random_() % below; }

  TempDir dir_;
  PowerDisk disk_;
  std::mt19937_64 random_;
  RunLoop loop_;
  FakeClock clock_;
  FixedRandom secrets_;
  IdGenerator ids_{clock_, secrets_};
  LogCapture log_{LogLevel::error};
  std::unique_ptr<Store> store_;
  std::size_t unanswered_ = 0;

  Deployment deployment_;
  Version version_;
  OutgoingWebhook webhook_;
  std::vector<Run> open_runs_;
  std::vector<ClaimedDelivery> flying_;
  Facts facts_;
  std::size_t acknowledged_ = 0;
  Violations violations_;
};

}  // namespace crewship::testing_support
