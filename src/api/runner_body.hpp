// Reads a version's runner, env and limits from a request.
#pragma once

#include <map>
#include <string>

#include <crewship/domain/model.hpp>
#include <crewship/runs/builtin.hpp>

#include "request_body.hpp"

namespace crewship {

inline constexpr std::size_t max_command_words = 1000;
inline constexpr std::size_t max_command_bytes = 100'000;  // Linux takes 128 KiB for one argument, and more in all
inline constexpr std::size_t max_env_entries = 200;
// A program must get as far as its first line: what is smaller than these fails before it.
inline constexpr std::int64_t min_memory_limit_bytes = 4 << 20;
inline constexpr std::int64_t max_memory_limit_bytes = std::int64_t{1} << 50;
inline constexpr std::int64_t min_open_files_limit = 16;
inline constexpr std::int64_t max_open_files_limit = 1'048'576;
inline constexpr std::int64_t max_processes_limit = 100'000;
inline constexpr std::int64_t max_timeout_seconds = 31'536'000;

// Each notes what is wrong in `body`, or returns it as the first problem of an inner object.
Result<RunnerSpec> read_runner(RequestBody& body, const BuiltinRegistry& builtins);
std::map<std::string, std::string> read_env(RequestBody& body);
Result<ResourceLimits> read_limits(RequestBody& body);

}  // namespace crewship
