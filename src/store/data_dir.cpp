#include "data_dir.hpp"

#include <cerrno>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace crewship {
namespace {

Result<> write_all(int fd, std::string_view content, const std::filesystem::path& file) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(file_error("write", file, errno));
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::string owner_of_lock(int fd) {
  char text[32];
  const ssize_t count = ::pread(fd, text, sizeof text, 0);
  if (count <= 0) return {};
  std::string pid(text, static_cast<std::size_t>(count));
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid;
}

}  // namespace

Error file_error(std::string_view what, const std::filesystem::path& file, int error_number) {
  return Error{
      ErrorKind::internal,
      "data_dir_unusable",
      "Cannot " + std::string(what) + " " + file.string() + ": " + std::generic_category().message(error_number) + ".",
      {},
      {},
      {}};
}

Result<> make_data_dir(const std::filesystem::path& directory) {
  std::error_code error;
  if (std::filesystem::is_directory(directory, error)) return {};
  std::filesystem::path whole = std::filesystem::absolute(directory).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();  // it was given with a slash at the end
  const std::filesystem::path parent = whole.parent_path();
  std::filesystem::create_directories(parent, error);
  if (error) return std::unexpected(file_error("make the directory", parent, error.value()));
  if (::mkdir(whole.c_str(), 0700) != 0 && errno != EEXIST) {
    return std::unexpected(file_error("make the data directory", directory, errno));
  }
  return sync_directory(parent);
}

Result<UniqueFd> lock_data_dir(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "lock";
  UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return std::unexpected(file_error("open", file, errno));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return std::unexpected(file_error("lock", file, errno));
    const std::string pid = owner_of_lock(fd.get());
    return fail(ErrorKind::conflict, "data_dir_locked",
                "The data directory " + directory.string() + " is in use by another crewshipd" +
                    (pid.empty() ? std::string() : " (process " + pid + ")") +
                    ". Stop it first, or choose another data directory.");
  }
  if (::ftruncate(fd.get(), 0) != 0) return std::unexpected(file_error("write", file, errno));
  if (auto written = write_all(fd.get(), std::to_string(::getpid()) + "\n", file); !written) {
    return std::unexpected(written.error());
  }
  return fd;
}

Result<> write_new_file(const std::filesystem::path& file, std::string_view content) {
  // Under another name first: a crash in the middle must not leave half a file under the real one.
  const std::filesystem::path draft = file.string() + ".new";
  ::unlink(draft.c_str());
  const UniqueFd fd(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return std::unexpected(file_error("create", draft, errno));
  if (auto written = write_all(fd.get(), content, draft); !written) return written;
  if (::fsync(fd.get()) != 0) return std::unexpected(file_error("sync", draft, errno));
  if (::rename(draft.c_str(), file.c_str()) != 0) return std::unexpected(file_error("create", file, errno));
  return sync_directory(file.parent_path());
}

Result<> sync_directory(const std::filesystem::path& directory) {
  const UniqueFd fd(::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return std::unexpected(file_error("open", directory, errno));
  if (::fsync(fd.get()) != 0) return std::unexpected(file_error("sync", directory, errno));
  return {};
}

}  // namespace crewship
