// What a child gets set before it becomes its program: the version's limits, its tag, no core files. Computed in the
// parent, as the child may not allocate.
#pragma once

#include <vector>

#include <sys/resource.h>

#include <crewship/domain/model.hpp>
#include <crewship/runs/run_as.hpp>

#include "process_tag.hpp"

namespace crewship {

struct ChildLimit {
  __rlimit_resource resource;
  rlimit value;
};

// `run_as`: null for the daemon's own user.
std::vector<ChildLimit> child_limits(const ResourceLimits& wanted, ProcessTag tag, const RunAs* run_as);

}  // namespace crewship
