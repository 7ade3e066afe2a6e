// The program's words: serve, check-config, listen, --version. Exit codes: 0 done, 1 failed, 2 wrong use or
// configuration.
#pragma once

#include <crewship/runs/builtin.hpp>

namespace crewship {

// A program that embeds the daemon passes its own builtin handlers and calls this from its main().
int run_command_line(int argc, char** argv, BuiltinRegistry builtins = {});

}  // namespace crewship
