// What a command takes from an argument, a file or stdin.
#pragma once

#include <string>

#include <crewship/base/error.hpp>

namespace crewship {

// "-" is stdin. Errors: wrong use.
Result<std::string> read_whole_file(const std::string& file);
// A JSON object: the text itself, @FILE or -. An empty argument is an empty text. Errors: wrong use, with where.
Result<std::string> read_input(const std::string& argument);

}  // namespace crewship
