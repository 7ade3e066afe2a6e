#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <crewship/base/crypto.hpp>
#include <crewship/base/random.hpp>
#include <crewship/runs/spawner.hpp>

#include "guard_table.hpp"
#include "hunt.hpp"
#include "instance_marker.hpp"
#include "process_table.hpp"
#include "process_tag.hpp"

namespace crewship {
namespace {

void wait_for_the_daemons_end(int pipe) {
  char byte = 0;
  while (::read(pipe, &byte, 1) < 0 && errno == EINTR) {
  }
}

std::vector<pid_t> living_of_instance(std::string_view marker_entry, std::uint64_t instance_tag) {
  std::vector<pid_t> found;
  for (const pid_t pid : all_processes()) {
    const auto tag = tag_of_process(pid);
    const bool is_ours = (tag && instance_of(*tag) == instance_tag) || has_environment_entry(pid, marker_entry);
    if (!is_ours || pid == ::getpid()) continue;
    const auto state = process_state(pid);
    if (state && state->state != 'Z' && state->state != 'X') found.push_back(pid);
  }
  return found;
}

void kill_what_is_left(GuardTable& table, std::string_view marker_entry, std::uint64_t instance_tag) {
  for (const auto& place : table.places()) {
    const pid_t group = place.load();
    if (group > 1) ::kill(-group, SIGKILL);
  }
  // Until nobody is found. Bounded, as a process that hangs in the kernel stays until the kernel lets it go, with the
  // signal pending.
  constexpr int rounds = 100;
  constexpr int pause_ms = 20;
  const auto find = [&] { return living_of_instance(marker_entry, instance_tag); };
  for (int round = 0; round < rounds && !hunt_down(find).empty(); ++round) ::poll(nullptr, 0, pause_ms);
}

void close_all_but(int fd) {
  if (fd > 0) ::close_range(0, static_cast<unsigned int>(fd) - 1, 0);
  ::close_range(static_cast<unsigned int>(fd) + 1, ~0U, 0);
}

// The whole life of the guard process. It must survive what ends the daemon (Ctrl-C, a service manager's SIGTERM), keep
// nothing of it open, and find nothing changed in its own memory, hence the fork before any thread.
[[noreturn]] void guard(int pipe, GuardTable& table, const std::string& marker_entry, std::uint64_t instance_tag,
                        const sigset_t& signals) {
  ::setsid();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2}) ::signal(signal, SIG_IGN);
  ::sigprocmask(SIG_SETMASK, &signals, nullptr);
  ::prctl(PR_SET_NAME, "crewshipd-guard");
  close_all_but(pipe);
  // Nothing to do about a failure: the guard only keeps the folder it was started in busy.
  if (::chdir("/") != 0) errno = 0;
  wait_for_the_daemons_end(pipe);
  kill_what_is_left(table, marker_entry, instance_tag);
  ::_exit(0);
}

// Never 0, so that no limit anybody else would set is taken for one.
std::uint64_t random_instance_tag(Random& random) {
  const auto bytes = random.bytes(sizeof(std::uint64_t));
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return (value >> (64 - tag_instance_bits)) | 1U;
}

}  // namespace

struct ProcessGuard::Impl {
  Impl(std::size_t places, std::string instance, std::uint64_t instance_tag)
      : table(places), marker(std::move(instance)), tag(instance_tag) {}

  GuardTable table;
  std::string marker;
  std::uint64_t tag;
  UniqueFd pipe;
  pid_t pid = 0;
};

ProcessGuard::ProcessGuard(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<ProcessGuard>> ProcessGuard::start(std::size_t max_children) {
  SystemRandom random;
  constexpr std::size_t marker_bytes = 16;
  auto impl = std::make_unique<Impl>(max_children, to_hex(random.bytes(marker_bytes)), random_instance_tag(random));
  int ends[2] = {};
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return fail(ErrorKind::internal, "guard_failed", std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  UniqueFd read_end(ends[0]);
  impl->pipe = UniqueFd(ends[1]);

  // No signal may reach the guard before it ignores them.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  impl->pid = ::fork();
  if (impl->pid == 0) guard(read_end.get(), impl->table, marker_entry(impl->marker), impl->tag, before);
  const int error = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (impl->pid < 0) {
    return fail(ErrorKind::internal, "guard_failed",
                std::string("cannot start the process guard: ") + std::strerror(error));
  }
  return std::unique_ptr<ProcessGuard>(new ProcessGuard(std::move(impl)));
}

ProcessGuard::~ProcessGuard() {
  impl_->pipe.reset();
  while (::waitpid(impl_->pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

const std::string& ProcessGuard::instance_marker() const { return impl_->marker; }
std::uint64_t ProcessGuard::instance_tag() const { return impl_->tag; }
pid_t ProcessGuard::pid() const { return impl_->pid; }
void ProcessGuard::add(pid_t process_group) { impl_->table.add(process_group); }
void ProcessGuard::remove(pid_t process_group) { impl_->table.remove(process_group); }

}  // namespace crewship
