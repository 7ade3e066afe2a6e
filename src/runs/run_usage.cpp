#include "run_usage.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <unistd.h>

#include "process_table.hpp"

namespace crewship {
namespace {

// More than a run without a limit of processes should ever have; what is beyond is not measured.
constexpr std::size_t measured_processes = 10'000;

// "Name:   123 kB", in bytes; 0 when there is no such line.
std::uint64_t bytes_of(std::string_view text, std::string_view name) {
  const auto place = text.find(name);
  if (place == std::string_view::npos) return 0;
  auto rest = text.substr(place + name.size());
  const auto word = take_word(rest);
  std::uint64_t kibibytes = 0;
  std::from_chars(word.data(), word.data() + word.size(), kibibytes);
  return kibibytes * 1024;
}

// Cheap, but a page that a fork shares counts in each.
std::uint64_t resident_bytes(pid_t pid) {
  const auto status = read_process_file(pid, "status");
  return bytes_of(status, "\nRssAnon:") + bytes_of(status, "\nRssShmem:") + bytes_of(status, "\nVmSwap:");
}

// Exact, but the kernel walks every page. Falls back where it may not be read.
std::uint64_t proportional_bytes(pid_t pid) {
  const auto rollup = read_process_file(pid, "smaps_rollup");
  if (rollup.empty()) return resident_bytes(pid);
  return bytes_of(rollup, "\nPss_Anon:") + bytes_of(rollup, "\nPss_Shmem:") + bytes_of(rollup, "\nSwapPss:");
}

template <class Measure>
std::uint64_t sum_over(const std::vector<pid_t>& processes, Measure measure) {
  std::uint64_t sum = 0;
  for (const pid_t pid : processes) sum += measure(pid);
  return sum;
}

}  // namespace

std::vector<pid_t> processes_of_run(pid_t leader, ProcessTag tag, std::size_t enough) {
  std::vector<pid_t> found{leader};
  for (const pid_t pid : children_of_thread(::getpid())) {
    if (tag_of_process(pid) == tag) found.push_back(pid);
  }
  for (std::size_t next = 0; next < found.size() && found.size() <= enough; ++next) {
    const auto children = children_of_process(found[next]);
    found.insert(found.end(), children.begin(), children.end());
  }
  return found;
}

RunUsage measure_run(pid_t leader, ProcessTag tag, const ResourceLimits& limits) {
  const auto enough = limits.processes ? static_cast<std::size_t>(*limits.processes) : measured_processes;
  const auto processes = processes_of_run(leader, tag, enough);
  RunUsage usage{.processes = processes.size(), .memory_bytes = 0};
  if (!limits.memory_bytes) return usage;
  const auto allowed = static_cast<std::uint64_t>(*limits.memory_bytes);
  usage.memory_bytes = sum_over(processes, resident_bytes);
  if (usage.memory_bytes > allowed) usage.memory_bytes = sum_over(processes, proportional_bytes);
  return usage;
}

}  // namespace crewship
