// Opens a copy of a daemon's database and holds it against what its callers and subscribers saw: invariants I1 to I7 of
// docs/reliability.md. After a crash much is still open; at rest, when nothing waits any more, nothing may be.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "ledger.hpp"
#include "subscriber.hpp"

namespace crewship::testing_support {

struct Evidence {
  const Ledger& ledger;
  const Subscriber& subscriber;
  std::size_t attempts_of_failed = 4;  // what the retry schedule allows
};

class Checker {
 public:
  explicit Checker(Evidence evidence) : evidence_(evidence) {}

  // The daemon must not run. The files are copied first, so that its own recovery finds what it left.
  // `served`: this life had recovered from the one before.
  Violations after_crash(const std::filesystem::path& data_dir, bool served) { return check(data_dir, served, false); }
  Violations at_rest(const std::filesystem::path& data_dir) { return check(data_dir, true, true); }

 private:
  Violations check(const std::filesystem::path& data_dir, bool served, bool at_rest);

  Evidence evidence_;
  std::map<std::string, std::string> ended_;  // run id → how it ended, as seen before
  std::set<std::string> in_flight_;           // attempts that the last crash cut off
};

}  // namespace crewship::testing_support
