// What /proc says about processes: who our children are, which group one is in, what its environment holds. Linux only
// (proc(5)). Any thread; also used by the guard process. A process that vanished meanwhile is an ordinary answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include <crewship/base/unique_fd.hpp>

namespace crewship {

// The text of /proc/<pid>/<name>; empty when the process is gone or it may not be read.
std::string read_process_file(pid_t pid, std::string_view name);
// The next word of `text`, which loses it.
std::string_view take_word(std::string_view& text);

struct ProcessState {
  char state = '?';  // 'Z': dead, waiting to be reaped
  pid_t group = 0;
};
std::optional<ProcessState> process_state(pid_t pid);

// The children of one thread of this process, which outlives this. Those that were re-parented to the process belong to
// its main thread. Keeps the kernel's file open, as opening it costs more than reading it.
class ThreadChildren {
 public:
  explicit ThreadChildren(pid_t thread);
  std::vector<pid_t> list() const;

 private:
  UniqueFd file_;
};

std::vector<pid_t> children_of_thread(pid_t thread);

// The children of all threads of any process.
std::vector<pid_t> children_of_process(pid_t pid);

std::vector<pid_t> all_processes();

// Readable once the process is dead; closed on exec. Empty, with errno, when there is no such process or no descriptor
// left.
UniqueFd open_pidfd(pid_t pid);

// True when the environment that the process was started with has `entry` ("NAME=value"). False when it may not be
// read.
bool has_environment_entry(pid_t pid, std::string_view entry);

}  // namespace crewship
