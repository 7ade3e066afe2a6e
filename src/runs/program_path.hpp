// Which file a command's first word names, found before the child exists, as execvp(3) would: a name with a slash is
// taken as it is (relative to the working directory; whether it can be executed, execve tells), any other is searched
// for in the child's PATH. Asks with the rights of the calling thread. Blocking.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace crewship {

// The path to hand to execve after the change to `working_dir` (empty: none), or the errno that explains why there is
// none.
std::expected<std::string, int> find_program(const std::string& name, std::string_view search_path,
                                             const std::string& working_dir);

// A path as the child sees it, seen from here.
std::string seen_from_here(const std::string& path, const std::string& working_dir);

}  // namespace crewship
