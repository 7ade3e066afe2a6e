// A mark by which a process is known to belong to a run, wherever it has fled to: the limit of file locks, which the
// kernel ignores since Linux 2.4.25 (getrlimit(2)). It is inherited over fork, exec and setsid, can be read for any
// process, and an emptied environment does not lose it. The upper bits tell the daemon, the lower ones the run.
#pragma once

#include <cstdint>
#include <optional>

#include <sys/types.h>

namespace crewship {

using ProcessTag = std::uint64_t;

inline constexpr unsigned tag_serial_bits = 24;
inline constexpr unsigned tag_instance_bits = 38;  // together less than RLIM_INFINITY and than a signed number

constexpr ProcessTag make_process_tag(std::uint64_t instance, std::uint64_t serial) {
  return instance << tag_serial_bits | (serial & ((1U << tag_serial_bits) - 1));
}
constexpr std::uint64_t instance_of(ProcessTag tag) { return tag >> tag_serial_bits; }

// Nothing when the process is gone or has no such limit.
std::optional<ProcessTag> tag_of_process(pid_t pid);

}  // namespace crewship
