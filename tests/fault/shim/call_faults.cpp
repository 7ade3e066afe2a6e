// Loaded into the daemon with LD_PRELOAD: counts calls and makes some fail, as ../call_faults.hpp says. What the C
// library's headers declare of these calls would contradict what is defined here, so they are left out.
#include "../call_faults.hpp"

#include <cerrno>
#include <cstdarg>
#include <cstdlib>

#include <dlfcn.h>

extern "C" {
int getpid() noexcept;
void* mmap(void*, unsigned long, int, int, int, long) noexcept;
int open(const char*, int, unsigned);
}

namespace crewship::testing_support {
namespace {

CallFaultPage* page = nullptr;
int watched = 0;

// Before main. The processes that the daemon forks are not counted.
[[gnu::constructor]] void attach() {
  constexpr int read_and_write = 2;
  constexpr int protection = 3;  // PROT_READ | PROT_WRITE
  constexpr int shared = 1;      // MAP_SHARED
  const char* const file = std::getenv(call_faults_variable);
  if (file == nullptr) return;
  const int fd = open(file, read_and_write, 0);
  void* const memory = mmap(nullptr, sizeof(CallFaultPage), protection, shared, fd, 0);
  if (fd < 0 || memory == reinterpret_cast<void*>(-1)) std::abort();
  page = static_cast<CallFaultPage*>(memory);
  watched = getpid();
}

bool fails(CallId call) {
  if (page == nullptr || getpid() != watched) return false;
  CallFault& fault = page->calls[call];
  const auto nth = ++fault.calls;
  const auto from = fault.fail_from.load();
  if (from == 0 || nth < from || nth - from >= fault.fail_count) return false;
  ++fault.failed;
  errno = fault.error;
  return true;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace
}  // namespace crewship::testing_support

using namespace crewship::testing_support;

using Size = unsigned long;
using Signed = long;
using Length = unsigned;

// NOLINTBEGIN(bugprone-macro-parentheses): parameter lists
#define SHIM(result, name, parameters, arguments)             \
  extern "C" result name parameters {                         \
    static auto* const real = next<result parameters>(#name); \
    if (fails(call_##name)) return (result)(-1);              \
    return real arguments;                                    \
  }
// NOLINTEND(bugprone-macro-parentheses)
#pragma clang diagnostic ignored "-Wold-style-cast"

SHIM(int, open, (const char* path, int flags, unsigned mode), (path, flags, mode))
SHIM(int, open64, (const char* path, int flags, unsigned mode), (path, flags, mode))
SHIM(Signed, read, (int fd, void* to, Size size), (fd, to, size))
SHIM(Signed, pread64, (int fd, void* to, Size size, long at), (fd, to, size, at))
SHIM(Signed, write, (int fd, const void* from, Size size), (fd, from, size))
SHIM(Signed, pwrite64, (int fd, const void* from, Size size, long at), (fd, from, size, at))
SHIM(int, fsync, (int fd), (fd))
SHIM(int, fdatasync, (int fd), (fd))
SHIM(int, ftruncate, (int fd, long size), (fd, size))
SHIM(int, ftruncate64, (int fd, long size), (fd, size))
SHIM(int, fstat64, (int fd, void* out), (fd, out))
SHIM(void*, mmap64, (void* at, Size size, int protection, int flags, int fd, long offset),
     (at, size, protection, flags, fd, offset))
SHIM(int, unlink, (const char* path), (path))
SHIM(int, rename, (const char* from, const char* to), (from, to))
SHIM(int, mkdir, (const char* path, unsigned mode), (path, mode))
SHIM(int, flock, (int fd, int operation), (fd, operation))

SHIM(int, socket, (int domain, int type, int protocol), (domain, type, protocol))
SHIM(int, bind, (int fd, const void* address, Length size), (fd, address, size))
SHIM(int, listen, (int fd, int backlog), (fd, backlog))
SHIM(int, accept, (int fd, void* address, Length* size), (fd, address, size))
SHIM(int, connect, (int fd, const void* address, Length size), (fd, address, size))
SHIM(Signed, send, (int fd, const void* from, Size size, int flags), (fd, from, size, flags))
SHIM(Signed, sendto, (int fd, const void* from, Size size, int flags, const void* to, Length to_size),
     (fd, from, size, flags, to, to_size))
SHIM(Signed, sendmsg, (int fd, const void* message, int flags), (fd, message, flags))
SHIM(Signed, recv, (int fd, void* to, Size size, int flags), (fd, to, size, flags))
SHIM(Signed, recvfrom, (int fd, void* to, Size size, int flags, void* from, Length* from_size),
     (fd, to, size, flags, from, from_size))
SHIM(Signed, recvmsg, (int fd, void* message, int flags), (fd, message, flags))
SHIM(int, setsockopt, (int fd, int level, int option, const void* value, Length size), (fd, level, option, value, size))
SHIM(int, getsockopt, (int fd, int level, int option, void* value, Length* size), (fd, level, option, value, size))
SHIM(int, getsockname, (int fd, void* address, Length* size), (fd, address, size))
SHIM(int, getpeername, (int fd, void* address, Length* size), (fd, address, size))
SHIM(int, ioctl, (int fd, Size request, void* argument), (fd, request, argument))

SHIM(int, epoll_create1, (int flags), (flags))
SHIM(int, eventfd, (unsigned initial, int flags), (initial, flags))
SHIM(int, timerfd_create, (int clock, int flags), (clock, flags))
SHIM(int, timerfd_settime, (int fd, int flags, const void* value, void* old), (fd, flags, value, old))

SHIM(int, pipe2, (int* ends, int flags), (ends, flags))
SHIM(int, fcntl, (int fd, int command, void* argument), (fd, command, argument))
SHIM(int, access, (const char* path, int mode), (path, mode))
SHIM(int, fork, (), ())
SHIM(int, waitid, (int kind, unsigned id, void* info, int options), (kind, id, info, options))

// Only adding can fail in the kernel, for want of room; Asio wakes its loop with the others and asks for no result.
extern "C" int epoll_ctl(int fd, int operation, int target, void* event) {
  constexpr int add = 1;  // EPOLL_CTL_ADD
  static auto* const real = next<int(int, int, int, void*)>("epoll_ctl");
  if (operation == add && fails(call_epoll_add)) return -1;
  return real(fd, operation, target, event);
}

// Taking a lock can fail, giving it back cannot.
extern "C" int fcntl64(int fd, int command, void* argument) {
  constexpr int set_lock = 6;  // F_SETLK
  constexpr short unlock = 2;  // F_UNLCK, in the first member of what it points to
  static auto* const real = next<int(int, int, void*)>("fcntl64");
  const bool unlocks = command == set_lock && *static_cast<const short*>(argument) == unlock;
  if (!unlocks && fails(call_fcntl64)) return -1;
  return real(fd, command, argument);
}

// Three more arguments follow where the flags ask for them; a caller who gives fewer has nothing in their place.
extern "C" int clone(int (*child)(void*), void* stack, int flags, void* argument, ...) noexcept {
  using Real = int(int (*)(void*), void*, int, void*, ...);
  static auto* const real = next<Real>("clone");
  if (fails(call_clone)) return -1;
  std::va_list given;
  va_start(given, argument);
  std::array<void*, 3> more{};
  for (void*& value : more) value = va_arg(given, void*);
  va_end(given);
  return real(child, stack, flags, argument, more[0], more[1], more[2]);
}
