// Starts child processes on threads of its own, as a start stands still until the program runs, and reaps them on
// another, which may have to wait for the dying. Children get their own process group, a clean environment, descriptors
// 0–2 and the events pipe only, default signals, no_new_privs, and die with the daemon: a small guard process, started
// before any thread, ends what is left when the daemon is killed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include <crewship/base/asio.hpp>
#include <crewship/base/error.hpp>
#include <crewship/base/unique_fd.hpp>
#include <crewship/domain/model.hpp>
#include <crewship/runs/run_as.hpp>

namespace crewship {

// Forked while the program has one thread and no secrets in memory. Waits for the daemon's end, then kills every
// process group that is still registered and every process that carries this instance's marker in its environment or
// its tag among its limits.
class ProcessGuard {
 public:
  // Blocking; before threads. max_children: places in the shared table.
  static Result<std::unique_ptr<ProcessGuard>> start(std::size_t max_children);
  ~ProcessGuard();  // lets the guard go and waits for it
  pid_t pid() const;
  const std::string& instance_marker() const;  // value of CREWSHIP_INSTANCE in every child's environment
  std::uint64_t instance_tag() const;          // part of what every child has as RLIMIT_LOCKS
  void add(pid_t process_group);               // any thread
  void remove(pid_t process_group);            // any thread

 private:
  struct Impl;
  explicit ProcessGuard(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Where a child finds the pipe that it may write its events to (CREWSHIP_EVENTS_FD).
inline constexpr int events_descriptor = 3;

struct SpawnRequest {
  std::vector<std::string> command{};
  std::string working_dir{};                                       // empty: the daemon's
  std::vector<std::pair<std::string, std::string>> environment{};  // complete, but for CREWSHIP_INSTANCE
  std::string input{};  // for stdin; what fits the pipe is written before the start
  ResourceLimits limits{};
};

struct Child {
  pid_t pid = 0;
  UniqueFd pidfd{};
  UniqueFd stdin_pipe{};  // empty when the whole input has been written
  std::size_t input_written_bytes = 0;
  UniqueFd stdout_pipe{};  // non-blocking, close-on-exec, as all four
  UniqueFd stderr_pipe{};
  UniqueFd events_pipe{};
};

struct ExitStatus {
  bool signaled = false;
  int value = 0;                         // exit status or signal
  std::chrono::microseconds cpu_time{};  // its own and that of the children it waited for
};

// What a run's processes use together at this moment.
struct RunUsage {
  std::size_t processes = 0;
  std::uint64_t memory_bytes = 0;  // anonymous, shared or swapped out; a page that several have counts once
};

class Spawner {
 public:
  // `run_as`: none for the daemon's own user.
  Spawner(Executor executor, ProcessGuard& guard, std::optional<RunAs> run_as = {});
  ~Spawner();  // joins the threads; no child may be left

  // Error: unavailable "run_failed_to_start", message "cannot start <program>: <reason>".
  Task<Result<Child>> start(SpawnRequest request);
  // After pidfd became readable: kills what is left of the group and what escaped from it, reaps, returns the status.
  Task<ExitStatus> reap(pid_t pid, std::string run_id);
  // Between start() and reap(). Counting ends where one of the limits is passed.
  Task<RunUsage> measure(pid_t pid, ResourceLimits limits);
  // Started and not yet reaped. Any thread.
  std::size_t children() const;
  // Any thread; ESRCH is no error.
  static void signal_group(pid_t pid, int signal);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crewship
