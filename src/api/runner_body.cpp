#include "runner_body.hpp"

#include <algorithm>
#include <numeric>

namespace crewship {
namespace {

bool holds_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

CommandRunner read_command(RequestBody& runner) {
  CommandRunner command;
  command.command = runner.optional_texts("command").value_or(std::vector<std::string>{});
  command.working_dir = runner.optional_text("working_dir").value_or("");
  const std::size_t bytes = std::accumulate(command.command.begin(), command.command.end(), std::size_t{0},
                                            [](std::size_t sum, const std::string& word) { return sum + word.size(); });
  if (command.command.empty() || command.command.front().empty()) {
    runner.complain("command", "must be a program and its arguments, such as [\"python3\",\"crew.py\"]");
  } else if (command.command.size() > max_command_words || bytes > max_command_bytes) {
    runner.complain("command", "must have at most 1000 words and 100000 bytes");
  } else if (std::ranges::any_of(command.command, holds_nul)) {
    runner.complain("command", "must not contain a NUL character");
  }
  if (holds_nul(command.working_dir)) runner.complain("working_dir", "must not contain a NUL character");
  return command;
}

}  // namespace

Result<RunnerSpec> read_runner(RequestBody& body, const BuiltinRegistry& builtins) {
  RequestBody runner = body.object("runner");
  RunnerSpec spec;
  const std::string type = runner.text("type");
  if (type == "command") {
    spec = read_command(runner);
  } else if (type == "builtin") {
    BuiltinRunner builtin{.handler = runner.text("handler")};
    if (!builtins.contains(builtin.handler)) runner.complain("handler", "is not one that this server has");
    spec = std::move(builtin);
  } else {
    runner.complain("type", "must be command or builtin");
  }
  if (auto problem = runner.problem()) return std::unexpected(*std::move(problem));
  return spec;
}

std::map<std::string, std::string> read_env(RequestBody& body) {
  std::map<std::string, std::string> env;
  for (auto& [name, value] : body.optional_text_pairs("env").value_or(TextPairs{})) {
    const std::string field = "env." + name;
    if (auto complaint = check_env_name(name)) body.complain(field, *std::move(complaint));
    if (auto complaint = check_env_value(value)) body.complain(field, *std::move(complaint));
    if (!env.try_emplace(std::move(name), std::move(value)).second) body.complain(field, "is given twice");
  }
  if (env.size() > max_env_entries) body.complain("env", "must have at most 200 entries");
  return env;
}

Result<ResourceLimits> read_limits(RequestBody& body) {
  ResourceLimits limits;
  if (!body.has("limits")) {
    body.optional_text("limits");  // null
    return limits;
  }
  RequestBody given = body.object("limits");
  limits.memory_bytes = given.optional_number("memory_bytes", min_memory_limit_bytes, max_memory_limit_bytes);
  limits.cpu_seconds = given.optional_number("cpu_seconds", 1, max_timeout_seconds);
  limits.open_files = given.optional_number("open_files", min_open_files_limit, max_open_files_limit);
  limits.processes = given.optional_number("processes", 1, max_processes_limit);
  if (auto problem = given.problem()) return std::unexpected(*std::move(problem));
  return limits;
}

}  // namespace crewship
