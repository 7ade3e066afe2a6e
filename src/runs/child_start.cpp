#include "child_start.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <crewship/base/fault_point.hpp>

#include "child_limits.hpp"
#include "process_table.hpp"
#include "program_path.hpp"

namespace crewship {
namespace {

enum class Stage : int { none, setup, user, working_dir, program };

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

std::unexpected<Error> cannot_start(const std::string& program, std::string reason) {
  return fail(ErrorKind::unavailable, "run_failed_to_start", "cannot start " + program + ": " + std::move(reason));
}

std::string words(int error) {
  const char* text = strerrordesc_np(error);
  return text != nullptr ? text : "error " + std::to_string(error);
}

// Never one of those that the child gets, also when the daemon was started without them: the child's dup2 would
// overwrite its own source.
bool move_above_passed_on(UniqueFd& fd) {
  if (fd.get() > events_descriptor) return true;
  fd = UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, events_descriptor + 1));
  return static_cast<bool>(fd);
}

bool make_pipe(Pipe& pipe) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  pipe = {UniqueFd(ends[0]), UniqueFd(ends[1])};
  return move_above_passed_on(pipe.read) && move_above_passed_on(pipe.write);
}

bool make_non_blocking(const UniqueFd& fd) { return ::fcntl(fd.get(), F_SETFL, O_NONBLOCK) == 0; }

// As much as the pipe takes now.
std::size_t write_ahead(const UniqueFd& pipe, std::string_view input) {
  std::size_t written = 0;
  while (written < input.size()) {
    const auto count = ::write(pipe.get(), input.data() + written, input.size() - written);
    if (count > 0) {
      written += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      break;
    }
  }
  return written;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (auto& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

// What the child says when it does not get to be the program.
struct Report {
  Stage stage = Stage::none;
  int error = 0;
};

struct Plan {
  const char* program;
  char* const* arguments;
  char* const* environment;
  const char* working_dir;                           // null: stay
  std::array<int, events_descriptor + 1> passed_on;  // becomes 0, 1, 2 …
  Report* report;
  pid_t parent;
  int highest_fd;  // for kernels without close_range
  std::span<const int> changed_signals;
  const ChildLimit* limits;
  std::size_t limit_count;
  const RunAs* run_as;  // null: stay
};

[[noreturn]] void give_up(const Plan& plan, Stage stage) {
  *plan.report = {stage, errno};
  ::_exit(127);
}

// By system call: the C library's functions would change the user of every thread of the daemon, whose memory this
// child still shares.
bool become_user(const RunAs& user) {
  return ::syscall(SYS_setgroups, user.groups.size(), user.groups.data()) == 0 &&
         ::syscall(SYS_setresgid, user.group, user.group, user.group) == 0 &&
         ::syscall(SYS_setresuid, user.user, user.user, user.user) == 0;
}

// Everything between clone and the program. It runs in the memory of the parent, whose thread stands still: only
// async-signal-safe calls, nothing allocated.
int become_program(void* argument) {
  const Plan& plan = *static_cast<const Plan*>(argument);
  // Its own group, so that a signal reaches it with all its children, and the terminal's Ctrl-C does not.
  if (::setpgid(0, 0) != 0) give_up(plan, Stage::setup);
  for (std::size_t i = 0; i < plan.limit_count; ++i) {
    if (::setrlimit(plan.limits[i].resource, &plan.limits[i].value) != 0) give_up(plan, Stage::setup);
  }
  if (plan.run_as != nullptr && !become_user(*plan.run_as)) give_up(plan, Stage::user);
  // After the change of the user, which would clear it.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up(plan, Stage::setup);
  if (::getppid() != plan.parent) ::_exit(127);  // the daemon died before the line above
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) give_up(plan, Stage::setup);

  struct sigaction by_default{};
  by_default.sa_handler = SIG_DFL;
  for (const int signal : plan.changed_signals) ::sigaction(signal, &by_default, nullptr);

  if (plan.working_dir != nullptr && ::chdir(plan.working_dir) != 0) give_up(plan, Stage::working_dir);
  for (int fd = 0; fd <= events_descriptor; ++fd) {
    if (::dup2(plan.passed_on[static_cast<std::size_t>(fd)], fd) < 0) give_up(plan, Stage::setup);
  }
  if (::close_range(events_descriptor + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {
    for (int fd = events_descriptor + 1; fd <= plan.highest_fd; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(plan.program, plan.arguments, plan.environment);
  give_up(plan, Stage::program);
}

// What a child has of its own before it is the program: a stack, and the place of its report. Of a thread, which starts
// one child after the other. Shared with the child also where that gets a copy of the other memory.
class StartingPlace {
 public:
  StartingPlace()
      : memory_(
            ::mmap(nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
    if (*this) ::mprotect(memory_, guard_bytes, PROT_NONE);  // an overflow should not go unnoticed
  }
  ~StartingPlace() {
    if (*this) ::munmap(memory_, size_bytes);
  }
  StartingPlace(const StartingPlace&) = delete;
  StartingPlace& operator=(const StartingPlace&) = delete;

  explicit operator bool() const { return memory_ != MAP_FAILED; }
  // The stack grows downwards, towards the guard.
  void* stack_top() const { return report(); }
  Report* report() const { return reinterpret_cast<Report*>(static_cast<char*>(memory_) + size_bytes - report_bytes); }

 private:
  static constexpr std::size_t size_bytes = 131072;  // what is not touched takes no memory
  static constexpr std::size_t guard_bytes = 65536;  // whole pages, wherever their size is more than 4 KiB
  static constexpr std::size_t report_bytes = 64;    // keeps the stack aligned

  void* memory_;
};

// As vfork does, but on a stack of its own and with a descriptor of the child. posix_spawn cannot set the death signal,
// and fork costs many times as much once the daemon is big. 0 or an error number.
int start_process(Plan& plan, const StartingPlace& place, Child& child) {
#ifdef CREWSHIP_THREAD_SANITIZER
  constexpr int share_memory = 0;  // it counts the child as a thread of ours, that never ends
#else
  constexpr int share_memory = CLONE_VM;
#endif
  *place.report() = {};
  plan.report = place.report();
  int pidfd = -1;
  child.pid =
      ::clone(become_program, place.stack_top(), share_memory | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &plan, &pidfd);
  if (child.pid < 0) return errno;
  child.pidfd = UniqueFd(pidfd);
  return 0;
}

// Those that the daemon ignores, as a program inherits that, and those that it handles: until it is the program, the
// child would do so in our memory. Looked up once: the daemon sets its signals at its start.
std::vector<int> find_changed_signals() {
  std::vector<int> changed;
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction now{};
    if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_DFL) changed.push_back(signal);
  }
  return changed;
}

int highest_possible_fd() {
  constexpr rlim_t reasonable = 65536;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return reasonable;
  return static_cast<int>(std::min(limit.rlim_cur, reasonable));
}

std::string_view value_of(const SpawnRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.environment) {
    if (key == name) return value;
  }
  return {};
}

void reap_now(pid_t pid) {
  siginfo_t ignored{};
  while (::waitid(P_PID, static_cast<id_t>(pid), &ignored, WEXITED) != 0 && errno == EINTR) {
  }
}

std::string explain(Stage stage, int error, const std::string& program, const SpawnRequest& request) {
  if (stage == Stage::user) return "changing to executor.user: " + words(error);
  if (stage == Stage::working_dir) return "working directory " + request.working_dir + ": " + words(error);
  if (stage == Stage::program && error == ENOENT &&
      ::access(seen_from_here(program, request.working_dir).c_str(), F_OK) == 0) {
    return "its interpreter: " + words(error);
  }
  return words(error);
}

// This thread alone sees files as the user would, as long as it lives: what root finds need not be what the user may
// run.
class SeeingAs {
 public:
  explicit SeeingAs(const RunAs* user) : changed_(user != nullptr) {
    if (!changed_) return;
    ::setfsgid(user->group);
    ::setfsuid(user->user);
  }
  ~SeeingAs() {
    if (!changed_) return;
    ::setfsuid(::geteuid());
    ::setfsgid(::getegid());
  }
  SeeingAs(const SeeingAs&) = delete;
  SeeingAs& operator=(const SeeingAs&) = delete;

 private:
  bool changed_;
};

Result<std::string> locate_program(const SpawnRequest& request, const RunAs* run_as) {
  const SeeingAs user(run_as);
  const auto& name = request.command.front();
  if (!request.working_dir.empty() && ::faccessat(AT_FDCWD, request.working_dir.c_str(), X_OK, AT_EACCESS) != 0) {
    return cannot_start(name, explain(Stage::working_dir, errno, name, request));
  }
  auto program = find_program(name, value_of(request, "PATH"), request.working_dir);
  if (!program) return cannot_start(name, words(program.error()));
  return *std::move(program);
}

}  // namespace

Result<Child> start_child(const SpawnRequest& request, const ChildMarks& marks, const RunAs* run_as) {
  const auto& name = request.command.front();
  const auto program = locate_program(request, run_as);
  if (!program) return std::unexpected(program.error());

  Pipe input;
  Pipe output;
  Pipe errors;
  Pipe events;
  if (!make_pipe(input) || !make_pipe(output) || !make_pipe(errors) || !make_pipe(events) ||
      !make_non_blocking(input.write) || !make_non_blocking(output.read) || !make_non_blocking(errors.read) ||
      !make_non_blocking(events.read)) {
    return cannot_start(name, words(errno));
  }
  // So that it can open /dev/stdout and the like, which checks who owns the pipe.
  if (run_as != nullptr) {
    for (const auto* pipe : {&input, &output, &errors, &events}) {
      if (::fchown(pipe->read.get(), run_as->user, run_as->group) != 0) return cannot_start(name, words(errno));
    }
  }
  Child child;
  child.input_written_bytes = write_ahead(input.write, request.input);
  if (child.input_written_bytes == request.input.size()) input.write.reset();

  auto arguments = request.command;
  std::vector<std::string> environment;
  environment.reserve(request.environment.size() + 1);
  for (const auto& [key, value] : request.environment) environment.push_back(key + '=' + value);
  environment.push_back(marks.entry);
  static const auto changed_signals = find_changed_signals();
  const auto limits = child_limits(request.limits, marks.tag, run_as);
  const auto argument_pointers = pointers(arguments);
  const auto environment_pointers = pointers(environment);
  Plan plan{.program = program->c_str(),
            .arguments = argument_pointers.data(),
            .environment = environment_pointers.data(),
            .working_dir = request.working_dir.empty() ? nullptr : request.working_dir.c_str(),
            .passed_on = {input.read.get(), output.write.get(), errors.write.get(), events.write.get()},
            .report = nullptr,
            .parent = ::getpid(),
            .highest_fd = highest_possible_fd(),
            .changed_signals = changed_signals,
            .limits = limits.data(),
            .limit_count = limits.size(),
            .run_as = run_as};
  static thread_local const StartingPlace place;
  if (!place) return cannot_start(name, words(ENOMEM));
  fault_point("start.before");
  const int not_cloned = start_process(plan, place, child);
  fault_point("start.after");
  if (not_cloned != 0) return cannot_start(name, words(not_cloned));
  if (const auto [stage, error] = *place.report(); stage != Stage::none) {
    reap_now(child.pid);
    return cannot_start(name, explain(stage, error, *program, request));
  }
  child.stdin_pipe = std::move(input.write);
  child.stdout_pipe = std::move(output.read);
  child.stderr_pipe = std::move(errors.read);
  child.events_pipe = std::move(events.read);
  return child;
}

}  // namespace crewship
