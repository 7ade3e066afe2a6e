// Reference S: starts /bin/true as cheaply as the kernel allows (vfork, two pipes, a process group of its own), 8 at a
// time, reads both pipes to their end and reaps. It shows what starting a program costs without anything around it.
#include <array>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>

#include "common.hpp"

namespace {

constexpr std::size_t in_flight = 8;

struct Child {
  pid_t pid = 0;
  std::array<int, 2> pipes{-1, -1};
};

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  bench::checked(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
  return ends;
}

[[gnu::noinline]] pid_t start(int output, int errors) {
  static std::array<char, 10> program{"/bin/true"};
  static std::array<char*, 2> arguments{program.data(), nullptr};
  static std::array<char*, 1> environment{nullptr};
  const pid_t pid = ::vfork();
  if (pid == 0) {
    ::setpgid(0, 0);
    ::dup2(output, 1);
    ::dup2(errors, 2);
    ::execve(program.data(), arguments.data(), environment.data());
    ::_exit(127);
  }
  return bench::checked(pid, "vfork");
}

Child start_child() {
  const auto output = make_pipe();
  const auto errors = make_pipe();
  Child child{.pid = start(output[1], errors[1]), .pipes = {output[0], errors[0]}};
  ::close(output[1]);
  ::close(errors[1]);
  return child;
}

void finish(const Child& child) {
  std::array<char, 256> bytes{};
  for (const int pipe : child.pipes) {
    while (::read(pipe, bytes.data(), bytes.size()) > 0) {
    }
    ::close(pipe);
  }
  int status = 0;
  bench::checked(::waitpid(child.pid, &status, 0), "waitpid");
  if (status != 0) bench::die("/bin/true failed");
}

double cpu_seconds(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  const double seconds = bench::number(arguments, "--seconds", 5);
  const auto begin = bench::now_ns();
  const auto end = begin + static_cast<std::int64_t>(seconds * 1e9);
  std::array<Child, in_flight> children;
  for (Child& child : children) child = start_child();
  std::size_t done = 0;
  for (std::size_t next = 0; bench::now_ns() < end; next = (next + 1) % in_flight) {
    finish(children[next]);
    children[next] = start_child();
    ++done;
  }
  const double elapsed = static_cast<double>(bench::now_ns() - begin) / 1e9;
  for (const Child& child : children) finish(child);
  const double cpu = cpu_seconds(RUSAGE_SELF) + cpu_seconds(RUSAGE_CHILDREN);
  std::printf(R"({"rate":%.1f,"cpu_us":%.2f})"
              "\n",
              static_cast<double>(done) / elapsed, cpu * 1e6 / static_cast<double>(done + in_flight));
}
