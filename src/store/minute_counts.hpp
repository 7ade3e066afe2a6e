// How many runs and deliveries ended in a minute, counted in memory while a transaction runs, so that a group of a
// hundred runs changes one row and not a hundred times the same. Belongs to its transaction: what is undone is not
// counted.
#pragma once

#include <compare>
#include <cstdint>
#include <map>

#include <crewship/domain/model.hpp>

namespace crewship {

struct EndCounts {
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  std::int64_t canceled = 0;
};

struct MinuteCounts {
  struct Minute {
    std::int64_t minute = 0;  // since 1970
    Environment environment = Environment::production;
    auto operator<=>(const Minute&) const = default;
  };
  std::map<Minute, EndCounts> runs;
  std::map<Minute, EndCounts> deliveries;
};

}  // namespace crewship
