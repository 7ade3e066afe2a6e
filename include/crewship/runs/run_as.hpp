// As whom programs run when the daemon runs as root. Looked up once, before the loop; blocking (getpwnam may ask a
// network service).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <sys/types.h>

#include <crewship/base/error.hpp>

namespace crewship {

struct RunAs {
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;  // all of them, `group` too
  std::string home;
  std::size_t processes = 0;  // and threads, of all runs together; 0: as the daemon
};

// `user`: a name or a number. Errors: no such user; it is root; the daemon is not root.
Result<RunAs> find_run_as(const std::string& user);

}  // namespace crewship
