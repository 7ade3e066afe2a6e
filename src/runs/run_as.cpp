#include <crewship/runs/run_as.hpp>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace crewship {
namespace {

std::unexpected<Error> refused(std::string reason) {
  return fail(ErrorKind::invalid, "invalid_user", "executor.user " + std::move(reason), "executor.user");
}

std::optional<uid_t> parse_number(const std::string& text) {
  uid_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The C library's word for "none" has both forms: 0, or one of these.
bool means_none(int error) { return error == 0 || error == ENOENT || error == ESRCH || error == EBADF; }

std::vector<gid_t> groups_of(const char* name, gid_t group) {
  int count = 32;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (::getgrouplist(name, group, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count));
    if (::getgrouplist(name, group, groups.data(), &count) < 0) return {group};
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

}  // namespace

Result<RunAs> find_run_as(const std::string& user) {
  const auto number = parse_number(user);
  std::vector<char> buffer(65536);
  passwd entry{};
  passwd* found = nullptr;
  const int error = number ? ::getpwuid_r(*number, &entry, buffer.data(), buffer.size(), &found)
                           : ::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) {
    if (means_none(error)) return refused("names " + user + ", and there is no such user.");
    const char* words = strerrordesc_np(error);
    return refused("names " + user + ", who cannot be looked up: " + (words != nullptr ? words : "unknown error"));
  }
  if (entry.pw_uid == 0) return refused("must not be root. Name a user who owns nothing that matters.");
  if (::geteuid() != 0) {
    return refused("is set to " + user +
                   ", but only root can start programs as another user, and the server runs as user " +
                   std::to_string(::geteuid()) + ". Start it as root, or leave the setting out.");
  }
  return RunAs{.user = entry.pw_uid,
               .group = entry.pw_gid,
               .groups = groups_of(entry.pw_name, entry.pw_gid),
               .home = entry.pw_dir,
               .processes = 0};
}

}  // namespace crewship
