// Makes sure that somebody can use the API: the key from CREWSHIP_API_KEY, or at the first start one that is written to
// <data_dir>/admin.key.
#pragma once

#include <filesystem>
#include <string>

#include <crewship/base/clock.hpp>
#include <crewship/base/error.hpp>
#include <crewship/base/ids.hpp>
#include <crewship/base/random.hpp>
#include <crewship/store/store.hpp>

namespace crewship {

inline constexpr std::string_view admin_key_file_name = "admin.key";

Task<Result<>> ensure_first_key(Store& store, Clock& clock, Random& random, IdGenerator& ids,
                                std::string configured_key, std::filesystem::path data_dir);

// The key that was written there, or nothing once the file is gone. Blocking.
std::string read_first_key(const std::filesystem::path& data_dir);

// Writes a file with mode 0600, whole or not at all, and syncs it. Blocking.
Result<> write_private_file(const std::filesystem::path& file, std::string_view text);

}  // namespace crewship
