#include "first_key.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <unistd.h>

#include <crewship/api/api.hpp>
#include <crewship/base/crypto.hpp>
#include <crewship/base/log.hpp>
#include <crewship/base/unique_fd.hpp>
#include <crewship/store/api_keys.hpp>

namespace crewship {
namespace {

std::unexpected<Error> file_failure(const std::filesystem::path& file, std::string_view step) {
  return fail(ErrorKind::internal, "file_failed",
              std::string(step) + " " + file.string() + " failed: " + std::strerror(errno));
}

}  // namespace

Result<> write_private_file(const std::filesystem::path& file, std::string_view text) {
  const std::filesystem::path part = file.string() + ".part";
  UniqueFd fd(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return file_failure(part, "Opening");
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(fd.get(), text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_failure(part, "Writing");
    written += static_cast<std::size_t>(count);
  }
  if (::fsync(fd.get()) != 0) return file_failure(part, "Syncing");
  if (::rename(part.c_str(), file.c_str()) != 0) return file_failure(file, "Renaming to");
  return {};
}

std::string read_first_key(const std::filesystem::path& data_dir) {
  std::ifstream file(data_dir / admin_key_file_name);
  std::string key;
  std::getline(file, key);
  return key;
}

Task<Result<>> ensure_first_key(Store& store, Clock& clock, Random& random, IdGenerator& ids,
                                std::string configured_key, std::filesystem::path data_dir) {
  const std::string key = configured_key.empty() ? make_api_key(random) : configured_key;
  const std::string hash = sha256(key);
  const auto needed = co_await store.read([&](Tx& tx) -> Result<bool> {
    if (configured_key.empty()) return count_api_keys(tx) == 0;
    return !find_api_key_by_hash(tx, hash).has_value();
  });
  if (!needed) co_return std::unexpected(needed.error());
  if (!*needed) co_return Result<>{};

  if (configured_key.empty()) {
    // The file comes first: a key that is in the database but that nobody can read would lock everyone out.
    const auto file = data_dir / admin_key_file_name;
    if (auto written = write_private_file(file, key + "\n"); !written) co_return written;
    log_info("admin key made", {{"file", file.string()}});
  }
  co_return co_await store.write([&](Tx& tx) -> Result<> {
    const ApiKey row{.id = ids.make<ApiKeyId>(),
                     .name = configured_key.empty() ? "first key" : "CREWSHIP_API_KEY",
                     .created_at = clock.now(),
                     .last_used_at = std::nullopt};
    insert_api_key(tx, row, hash);
    return {};
  });
}

}  // namespace crewship
