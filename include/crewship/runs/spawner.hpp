// Starts child processes from one dedicated thread (vfork semantics; starting from the loop, or from a short-lived
// thread, would cost latency or trip PR_SET_PDEATHSIG), and reaps them there. Children get their own process group, a
// clean environment, descriptors 0–2 and the events pipe only, default signals, no_new_privs, and die with the daemon:
// a small guard process, started before any thread, ends what is left when the daemon is killed.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include <crewship/base/asio.hpp>
#include <crewship/base/error.hpp>
#include <crewship/base/unique_fd.hpp>

namespace crewship {

// Forked while the program has one thread and no secrets in memory. Waits for the daemon's end, then kills every
// process group that is still registered and every process that carries this instance's marker in its environment.
class ProcessGuard {
 public:
  // Blocking; before threads. max_children: places in the shared table.
  static Result<std::unique_ptr<ProcessGuard>> start(std::size_t max_children);
  ~ProcessGuard();                             // lets the guard go and waits for it
  const std::string& instance_marker() const;  // value of CREWSHIP_INSTANCE in every child's environment
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
  int value = 0;  // exit status or signal
};

class Spawner {
 public:
  Spawner(Executor executor, ProcessGuard& guard);
  ~Spawner();  // joins the thread; no child may be left

  // Error: unavailable "run_failed_to_start", message "cannot start <program>: <reason>".
  Task<Result<Child>> start(SpawnRequest request);
  // After pidfd became readable: kills what is left of the group and what escaped from it, reaps, returns the status.
  Task<ExitStatus> reap(pid_t pid, std::string run_id);
  // Any thread; ESRCH is no error.
  static void signal_group(pid_t pid, int signal);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crewship
