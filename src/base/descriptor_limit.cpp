#include <crewship/base/descriptor_limit.hpp>

#include <sys/resource.h>

namespace crewship {
namespace {

std::optional<std::size_t> before;

}  // namespace

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  const auto soft = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) before = soft;
}

std::size_t descriptor_limit() {
  rlimit limit{};
  constexpr std::size_t usual = 1024;
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : usual;
}

std::optional<std::size_t> descriptor_limit_at_start() { return before; }

}  // namespace crewship
