#include <crewship/base/unique_fd.hpp>

#include <cerrno>

#include <unistd.h>

namespace crewship {

void UniqueFd::reset() {
  const int fd = release();
  if (fd < 0) return;
  // A destructor that runs on the way out of a failed call must not hide that call's errno. EINTR is not tried again:
  // on Linux the descriptor is gone either way.
  const int saved = errno;
  ::close(fd);
  errno = saved;
}

}  // namespace crewship
