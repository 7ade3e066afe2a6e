// Calls of a daemon into the C library that a test makes fail, while it runs: a page of memory that the test shares
// with the library shim/call_faults.cpp, which is loaded into the daemon before the C library. Each call is counted;
// those from `fail_from` on, `fail_count` of them, answer -1 with `error`. Nothing else of the daemon knows.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace crewship::testing_support {

// clang-format off
#define CREWSHIP_CALLS(X)                                                                                         \
  X(open) X(open64) X(read) X(pread64) X(write) X(pwrite64) X(fsync) X(fdatasync) X(ftruncate) X(ftruncate64)      \
  X(fstat64) X(mmap64) X(unlink) X(rename) X(mkdir) X(flock)                                                       \
  X(socket) X(bind) X(listen) X(accept) X(connect) X(send) X(sendto) X(sendmsg) X(recv) X(recvfrom) X(recvmsg)     \
  X(setsockopt) X(getsockopt) X(getsockname) X(getpeername) X(ioctl)                                               \
  X(epoll_add) X(epoll_create1) X(eventfd) X(timerfd_create) X(timerfd_settime)                                    \
  X(pipe2) X(fcntl) X(fcntl64) X(access) X(fork) X(waitid) X(clone)
// clang-format on

#define CREWSHIP_CALL_ID(name) call_##name,
enum CallId : std::size_t { CREWSHIP_CALLS(CREWSHIP_CALL_ID) number_of_calls };
#undef CREWSHIP_CALL_ID

struct CallFault {
  std::atomic<std::uint64_t> calls;
  std::atomic<std::uint64_t> fail_from;  // 1 is the first; 0: none fails
  std::atomic<std::uint64_t> fail_count;
  std::atomic<int> error;
  std::atomic<std::uint64_t> failed;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

struct CallFaultPage {
  std::array<CallFault, number_of_calls> calls;
};

inline constexpr const char* call_faults_variable = "CALL_FAULTS_PAGE";

}  // namespace crewship::testing_support
