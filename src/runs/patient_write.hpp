// A write that must not be lost because the disk is full or the queue is for a moment: tried again, with a growing
// pause, until it is done. Loop thread only.
#pragma once

#include <functional>

#include "run_context.hpp"
#include "run_control.hpp"

namespace crewship {

// False when it was given up: the store is broken, or the program stops and has no more time. What is then left in the
// database as open ends as interrupted at the next start.
// `when_delayed` is called once, when the first try has failed.
Task<bool> write_patiently(RunContext& context, RunControl& control, RunId run, std::function<Result<>(Tx&)> write,
                           std::function<void()> when_delayed);

}  // namespace crewship
