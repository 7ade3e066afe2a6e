// What the kernel says about this process, as Prometheus clients report it. A few small files of /proc, read in place;
// linear in the number of open descriptors.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crewship {

struct ProcessMetrics {
  std::uint64_t resident_bytes = 0;
  double cpu_seconds = 0;
  std::size_t open_fds = 0;
  std::uint64_t max_fds = 0;
};

ProcessMetrics process_metrics();

}  // namespace crewship
