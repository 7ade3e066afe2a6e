#include "program.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace crewship::testing_support {
namespace {

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::pair<UniqueFd, UniqueFd> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("pipe2");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// A file in memory takes an input of any size at once, where a pipe would want a writer beside it.
UniqueFd make_input(const std::string& input) {
  UniqueFd file(::memfd_create("input", MFD_CLOEXEC));
  if (!file) throw_errno("memfd_create");
  for (std::size_t written = 0; written < input.size();) {
    const auto count = ::write(file.get(), input.data() + written, input.size() - written);
    if (count < 0) throw_errno("write");
    written += static_cast<std::size_t>(count);
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

std::vector<std::string> make_environment(const ProgramOptions& options) {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    const std::string name(text.substr(0, equals));
    if (equals != std::string_view::npos && !name.starts_with("CREWSHIP_")) variables[name] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : options.environment) {
    variables.erase(name);
    if (value) variables[name] = *value;
  }
  std::vector<std::string> entries;
  for (const auto& [name, value] : variables) entries.push_back(name + "=" + value);
  return entries;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

Program::Program(ProgramOptions options) {
  auto [out_read, out_write] = make_pipe();
  auto [err_read, err_write] = make_pipe();
  const UniqueFd input = make_input(options.input);
  auto variables = make_environment(options);
  const auto environment = pointers(variables);
  const auto arguments = pointers(options.command);
  const pid_t parent = ::getpid();

  pid_ = ::fork();
  if (pid_ < 0) throw_errno("fork");
  if (pid_ == 0) {
    // A test that is killed takes its programs with it.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::dup2(input.get(), STDIN_FILENO);
    ::dup2(out_write.get(), STDOUT_FILENO);
    ::dup2(err_write.get(), STDERR_FILENO);
    if (!options.working_dir.empty() && ::chdir(options.working_dir.c_str()) != 0) ::_exit(127);
    ::execvpe(arguments[0], arguments.data(), environment.data());
    ::_exit(127);
  }
  pidfd_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  out_write = {};
  err_write = {};
  out_ = std::make_unique<Transcript>(std::move(out_read));
  err_ = std::make_unique<Transcript>(std::move(err_read));
}

Program::~Program() {
  signal(SIGKILL);
  collect();
}

void Program::signal(int number) {
  if (!status_) ::kill(pid_, number);
}

bool Program::ended_within(std::chrono::milliseconds time) const {
  pollfd end{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
  return status_ || ::poll(&end, 1, static_cast<int>(time.count())) != 0;
}

int Program::wait() {
  pollfd end{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
  constexpr auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
  if (!status_ && ::poll(&end, 1, static_cast<int>(limit.count())) == 0) {
    ADD_FAILURE() << "process " << pid_ << " does not end; killed";
    signal(SIGKILL);
  }
  collect();
  return *status_;
}

void Program::collect() {
  if (status_) return;
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

Finished run_program(ProgramOptions options) {
  Program program(std::move(options));
  const int status = program.wait();
  return {.status = status, .out = program.out().whole(), .err = program.err().whole()};
}

bool process_lives(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return false;
  const auto behind_name = line.rfind(')');
  return behind_name != std::string::npos && line.size() > behind_name + 2 && line[behind_name + 2] != 'Z';
}

}  // namespace crewship::testing_support
