#include "own_network.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <support/temp_dir.hpp>

#include "e2e/program.hpp"

namespace crewship::testing_support {
namespace {

std::string failure(const std::string& call) { return call + ": " + std::strerror(errno); }

// Whoever is not root is so in a user namespace, which some systems forbid.
std::string unshare_network() {
  const auto user = ::getuid();
  const auto group = ::getgid();
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS) == 0) return {};
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) != 0) return failure("unshare");
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
  std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
  return {};
}

std::string ip(std::initializer_list<const char*> arguments) {
  ProgramOptions program{.command = {"ip"}};
  program.command.insert(program.command.end(), arguments.begin(), arguments.end());
  const Finished finished = run_program(program);
  return finished.status == 0 ? std::string() : "ip: " + finished.err;
}

std::string enter() {
  if (auto why = unshare_network(); !why.empty()) return why;
  // Nothing that is mounted from here on is seen outside.
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return failure("mount");
  static const TempDir folder;
  const std::string resolv_conf = folder / "resolv.conf";
  std::ofstream(resolv_conf) << "nameserver 127.0.0.1\n";
  if (::mount(resolv_conf.c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr) != 0) {
    return failure("mount of resolv.conf");
  }
  std::string why = ip({"link", "set", "lo", "up"});
  if (why.empty()) why = ip({"route", "add", "local", "0.0.0.0/0", "dev", "lo"});
  if (why.empty()) why = ip({"-6", "route", "add", "local", "::/0", "dev", "lo"});
  return why;
}

}  // namespace

const std::string& enter_own_network() {
  static const std::string why = enter();
  return why;
}

}  // namespace crewship::testing_support
