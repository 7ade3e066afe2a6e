// What a shell needs to complete our command lines, made of the very commands that the program has, so that it never
// lags behind them.
#pragma once

#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace crewship {

// "bash", "zsh" or "fish".
std::string completion_script(const CLI::App& program, const std::string& shell);

}  // namespace crewship
