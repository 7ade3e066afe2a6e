#include "master_key.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <crewship/base/crypto.hpp>
#include <crewship/base/log.hpp>
#include <crewship/base/unique_fd.hpp>

#include "data_dir.hpp"

namespace crewship {
namespace {

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() != 2 * Sealer::key_bytes) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = hex_digit(text[i]);
    const auto low = hex_digit(text[i + 1]);
    if (!high || !low) return std::nullopt;
    bytes.push_back(static_cast<char>(*high * 16 + *low));
  }
  return bytes;
}

void warn_if_others_can_read(int fd, const std::filesystem::path& file) {
  struct stat status{};
  if (::fstat(fd, &status) != 0 || (status.st_mode & 077) == 0) return;
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(status.st_mode & 07777));
  log_warning("master key can be read by other users, make it 0600", {{"file", file.string()}, {"mode", mode}});
}

// Nothing when there is no such file.
Result<std::optional<std::string>> read_key_file(const std::filesystem::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return std::nullopt;
  if (!fd) return std::unexpected(file_error("read the master key", file, errno));
  char content[256];
  std::size_t size = 0;
  while (size < sizeof content) {
    const ssize_t count = ::read(fd.get(), content + size, sizeof content - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(file_error("read the master key", file, errno));
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  auto key = parse_master_key({content, size}, file);
  if (!key) return std::unexpected(key.error());
  warn_if_others_can_read(fd.get(), file);
  return *std::move(key);
}

}  // namespace

Result<std::string> parse_master_key(std::string_view content, const std::filesystem::path& file) {
  std::string_view text = content;
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  if (auto key = from_hex(text)) return *std::move(key);
  if (content.size() == Sealer::key_bytes) return std::string(content);
  return fail(ErrorKind::internal, "bad_master_key",
              "The master key file " + file.string() +
                  " must hold 64 hexadecimal digits (openssl rand -hex 32) or 32 raw bytes.");
}

Result<std::string> load_master_key(const std::filesystem::path& given, const std::filesystem::path& data_dir,
                                    bool database_exists, Random& random) {
  const std::filesystem::path file = given.empty() ? data_dir / "master.key" : given;
  auto found = read_key_file(file);
  if (!found) return std::unexpected(found.error());
  if (*found) return **std::move(found);
  if (database_exists) {
    return fail(
        ErrorKind::internal, "master_key_missing",
        "The master key file " + file.string() +
            " is missing, and without it the secrets in the database cannot be read. Restore the file from your "
            "backup. No new key was made.");
  }
  if (!given.empty()) {
    return fail(
        ErrorKind::internal, "master_key_missing",
        "The master key file " + file.string() + " is missing. Make one: openssl rand -hex 32 > " + file.string());
  }
  std::string key = random.bytes(Sealer::key_bytes);
  if (auto written = write_new_file(file, to_hex(key) + "\n"); !written) return std::unexpected(written.error());
  log_info("master key made, back it up apart from the database", {{"file", file.string()}});
  return key;
}

}  // namespace crewship
