#include "program_path.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace crewship {
namespace {

// 0 when the file can be executed.
int check_executable(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return EACCES;
  return ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

}  // namespace

std::string seen_from_here(const std::string& path, const std::string& working_dir) {
  if (working_dir.empty() || path.starts_with('/')) return path;
  return working_dir + '/' + path;
}

std::expected<std::string, int> find_program(const std::string& name, std::string_view search_path,
                                             const std::string& working_dir) {
  if (name.empty()) return std::unexpected(ENOENT);
  if (name.find('/') != std::string::npos) return name;
  // A file that may not be executed does not end the search, but explains its failure better than "no such file".
  int reason = ENOENT;
  for (;;) {
    const auto folder = search_path.substr(0, search_path.find(':'));
    auto path = folder.empty() ? "./" + name : std::string(folder) + '/' + name;
    const int error = check_executable(seen_from_here(path, working_dir));
    if (error == 0) return path;
    if (error == EACCES) reason = EACCES;
    if (folder.size() == search_path.size()) return std::unexpected(reason);
    search_path.remove_prefix(folder.size() + 1);
  }
}

}  // namespace crewship
