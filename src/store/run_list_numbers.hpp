// The lists of runs that have an index: the runs of an incoming webhook, and those that ended in an environment with a
// status, of a deployment and of all. The index goes by a list's number instead of those names.
#pragma once

#include <cstdint>
#include <optional>

#include <crewship/domain/run.hpp>

namespace crewship {

class Tx;

// Of the lists that a run is in.
struct RunListNumbers {
  std::optional<std::int64_t> webhook;  // none when no webhook started the run
  std::optional<std::int64_t> ended;    // this and the next: once it has ended
  std::optional<std::int64_t> ended_of_deployment;
};

// Makes the lists that there are none of yet. Writer's thread.
RunListNumbers list_numbers(Tx& tx, const Run& run);

}  // namespace crewship
