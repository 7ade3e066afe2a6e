// The data directory: made when it is missing, for its owner only, and held by one daemon at a time.
#pragma once

#include <filesystem>
#include <string_view>

#include <crewship/base/error.hpp>
#include <crewship/base/unique_fd.hpp>

namespace crewship {

Result<> make_data_dir(const std::filesystem::path& directory);
// The lock lasts as long as the descriptor. Refused: another process holds it; the message names that process.
Result<UniqueFd> lock_data_dir(const std::filesystem::path& directory);

// A file with mode 0600 whose content and name are on disk when this returns. The caller holds the lock.
Result<> write_new_file(const std::filesystem::path& file, std::string_view content);
// So that the names of files made in it survive a power cut.
Result<> sync_directory(const std::filesystem::path& directory);

// "cannot read /x: Permission denied", for errno.
Error file_error(std::string_view what, const std::filesystem::path& file, int error_number);

}  // namespace crewship
