#include "child_start.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/fsuid.h>
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

struct Plan {
  const char* program;
  char* const* arguments;
  char* const* environment;
  const char* working_dir;                           // null: stay
  std::array<int, events_descriptor + 1> passed_on;  // becomes 0, 1, 2 …
  int report;                                        // closed by a successful exec
  pid_t parent;
  int highest_fd;  // for kernels without close_range
  std::span<const int> ignored_signals;
  const ChildLimit* limits;
  std::size_t limit_count;
  const RunAs* run_as;  // null: stay
};

// What the child says when it does not get to be the program.
struct Report {
  Stage stage = Stage::none;
  int error = 0;
};

[[noreturn]] void give_up(const Plan& plan, Stage stage) {
  const Report report{stage, errno};
  // When not even this can be said, the run fails with the exit status.
  const auto written = ::write(plan.report, &report, sizeof report);
  ::_exit(written == sizeof report ? 127 : 126);
}

// By system call: the C library's functions would change the user of every thread of the daemon, whose memory this
// child still shares.
bool become_user(const RunAs& user) {
  return ::syscall(SYS_setgroups, user.groups.size(), user.groups.data()) == 0 &&
         ::syscall(SYS_setresgid, user.group, user.group, user.group) == 0 &&
         ::syscall(SYS_setresuid, user.user, user.user, user.user) == 0;
}

// Everything between vfork and the program. It runs in the memory of the parent, whose thread stands still: only
// async-signal-safe calls, nothing allocated.
[[noreturn]] void become_program(const Plan& plan) {
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
  for (const int signal : plan.ignored_signals) ::sigaction(signal, &by_default, nullptr);

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

// In a function of its own, that holds nothing the child could damage. posix_spawn cannot set the death signal, and
// fork costs many times as much once the daemon is big.
[[gnu::noinline]] pid_t start_process(const Plan& plan) {
  if (fails_on_purpose("vfork")) {
    errno = EAGAIN;
    return -1;
  }
  const pid_t pid = ::vfork();         // NOLINT(clang-analyzer-security.insecureAPI.vfork,bugprone-unsafe-functions)
  if (pid == 0) become_program(plan);  // NOLINT(clang-analyzer-unix.Vfork): it is made for that
  return pid;
}

// Nothing was reported when the exec succeeded. Does not wait where vfork does as it should: the child is past it.
Report read_report(const UniqueFd& pipe) {
  Report report;
  while (::read(pipe.get(), &report, sizeof report) < 0 && errno == EINTR) {
  }
  return report;
}

// A program inherits what its parent ignores, but no handler. Looked up once: the daemon sets its signals at its start.
std::vector<int> find_ignored_signals() {
  std::vector<int> ignored;
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction now{};
    if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) ignored.push_back(signal);
  }
  return ignored;
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
  Pipe report;
  if (!make_pipe(input) || !make_pipe(output) || !make_pipe(errors) || !make_pipe(events) || !make_pipe(report) ||
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
  static const auto ignored_signals = find_ignored_signals();
  const auto limits = child_limits(request.limits, marks.tag, run_as);
  const auto argument_pointers = pointers(arguments);
  const auto environment_pointers = pointers(environment);
  const Plan plan{.program = program->c_str(),
                  .arguments = argument_pointers.data(),
                  .environment = environment_pointers.data(),
                  .working_dir = request.working_dir.empty() ? nullptr : request.working_dir.c_str(),
                  .passed_on = {input.read.get(), output.write.get(), errors.write.get(), events.write.get()},
                  .report = report.write.get(),
                  .parent = ::getpid(),
                  .highest_fd = highest_possible_fd(),
                  .ignored_signals = ignored_signals,
                  .limits = limits.data(),
                  .limit_count = limits.size(),
                  .run_as = run_as};
  fault_point("start.before");
  child.pid = start_process(plan);
  fault_point("start.after");
  if (child.pid < 0) return cannot_start(name, words(errno));
  report.write.reset();
  if (const auto [stage, error] = read_report(report.read); stage != Stage::none) {
    reap_now(child.pid);
    return cannot_start(name, explain(stage, error, *program, request));
  }
  child.pidfd = open_pidfd(child.pid);
  if (!child.pidfd) {
    const int error = errno;
    ::kill(-child.pid, SIGKILL);
    reap_now(child.pid);
    return cannot_start(name, words(error));
  }
  child.stdin_pipe = std::move(input.write);
  child.stdout_pipe = std::move(output.read);
  child.stderr_pipe = std::move(errors.read);
  child.events_pipe = std::move(events.read);
  return child;
}

}  // namespace crewship
