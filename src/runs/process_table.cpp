#include "process_table.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <span>
#include <string>

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace crewship {
namespace {

UniqueFd open_for_reading(const std::string& path) { return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)); }

std::size_t read_some(const UniqueFd& file, std::span<char> into) {
  for (;;) {
    const auto count = ::read(file.get(), into.data(), into.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return 0;
  }
}

std::string read_all(const std::string& path) {
  std::string text;
  const auto file = open_for_reading(path);
  if (!file) return text;
  std::array<char, 4096> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): written before it is read
  while (const auto count = read_some(file, chunk)) text.append(chunk.data(), count);
  return text;
}

std::optional<pid_t> parse_pid(std::string_view text) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc{} || end != text.data() + text.size() || pid <= 0) return std::nullopt;
  return pid;
}

std::string process_file(pid_t pid, std::string_view name) {
  return std::string("/proc/").append(std::to_string(pid)).append("/").append(name);
}

std::vector<pid_t> process_ids(std::string_view text) {
  std::vector<pid_t> ids;
  for (auto word = take_word(text); !word.empty(); word = take_word(text)) {
    if (const auto pid = parse_pid(word)) ids.push_back(*pid);
  }
  return ids;
}

// The folders of /proc, or of a process's tasks, that have a number for a name.
std::vector<pid_t> numbered_entries(const std::string& path) {
  std::vector<pid_t> numbers;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), &::closedir);
  if (!folder) return numbers;
  while (const dirent* entry = ::readdir(folder.get())) {
    if (const auto pid = parse_pid(entry->d_name)) numbers.push_back(*pid);
  }
  return numbers;
}

}  // namespace

std::string read_process_file(pid_t pid, std::string_view name) { return read_all(process_file(pid, name)); }

std::string_view take_word(std::string_view& text) {
  constexpr std::string_view space = " \t\n";
  text.remove_prefix(std::min(text.find_first_not_of(space), text.size()));
  const auto word = text.substr(0, text.find_first_of(space));
  text.remove_prefix(word.size());
  return word;
}

std::optional<ProcessState> process_state(pid_t pid) {
  const auto stat = read_process_file(pid, "stat");
  // "pid (name) state parent group …", where the name may hold anything, ")" too.
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  auto rest = std::string_view(stat).substr(name_end + 1);
  const auto state = take_word(rest);
  take_word(rest);
  const auto group = parse_pid(take_word(rest));
  if (state.empty()) return std::nullopt;
  return ProcessState{state.front(), group.value_or(0)};
}

ThreadChildren::ThreadChildren(pid_t thread)
    : file_(open_for_reading("/proc/self/task/" + std::to_string(thread) + "/children")) {}

std::vector<pid_t> ThreadChildren::list() const {
  std::string text;
  std::array<char, 4096> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): written before it is read
  for (;;) {
    const auto count = ::pread(file_.get(), chunk.data(), chunk.size(), static_cast<off_t>(text.size()));
    if (count > 0) {
      text.append(chunk.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      return process_ids(text);
    }
  }
}

std::vector<pid_t> children_of_thread(pid_t thread) { return ThreadChildren(thread).list(); }

std::vector<pid_t> children_of_process(pid_t pid) {
  std::vector<pid_t> children;
  for (const pid_t thread : numbered_entries(process_file(pid, "task"))) {
    const auto more = process_ids(read_process_file(pid, "task/" + std::to_string(thread) + "/children"));
    children.insert(children.end(), more.begin(), more.end());
  }
  return children;
}

std::vector<pid_t> all_processes() { return numbered_entries("/proc"); }

// Through syscall(2): glibc 2.36 declares pidfd_open without C linkage.
UniqueFd open_pidfd(pid_t pid) { return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

bool has_environment_entry(pid_t pid, std::string_view entry) {
  const auto file = open_for_reading(process_file(pid, "environ"));
  if (!file) return false;
  // An environment can have megabytes: it is searched as a stream.
  std::array<char, 4096> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): written before it is read
  std::size_t matched = 0;
  bool skipping = false;
  while (const auto count = read_some(file, chunk)) {
    for (const char c : std::span(chunk).first(count)) {
      if (c == '\0') {
        if (!skipping && matched == entry.size()) return true;
        matched = 0;
        skipping = false;
      } else if (!skipping) {
        if (matched < entry.size() && entry[matched] == c) {
          ++matched;
        } else {
          skipping = true;
        }
      }
    }
  }
  return !skipping && !entry.empty() && matched == entry.size();
}

}  // namespace crewship
