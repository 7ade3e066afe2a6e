#include <crewship/client/input.hpp>

#include <cerrno>
#include <fstream>
#include <iostream>
#include <iterator>
#include <system_error>

#include <crewship/domain/json.hpp>

#include "api_client.hpp"

namespace crewship {

Result<std::string> read_whole_file(const std::string& file) {
  if (file == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(stream), {});
  if (!stream || stream.bad())
    return wrong_use("Cannot read " + file + ": " + std::generic_category().message(errno) + ".");
  return text;
}

Result<std::string> read_input(const std::string& argument) {
  if (argument.empty()) return std::string();
  std::string text = argument;
  if (argument == "-" || argument.starts_with('@')) {
    auto content = read_whole_file(argument == "-" ? argument : argument.substr(1));
    if (!content) return content;
    text = *std::move(content);
  }
  const auto kind = check_json(text);
  if (!kind) return wrong_use("The input is not JSON: " + kind.error().message + ".");
  if (*kind != JsonKind::object) return wrong_use("The input must be a JSON object.");
  return text;
}

}  // namespace crewship
