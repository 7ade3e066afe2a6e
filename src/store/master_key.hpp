// The key that secrets are sealed with. It comes from the operator's file, or from one that is made in the data
// directory before the database is. There is never a second key for a database that exists: its secrets would be lost.
#pragma once

#include <filesystem>
#include <string>

#include <crewship/base/error.hpp>
#include <crewship/base/random.hpp>

namespace crewship {

// 32 bytes. `given`: the operator's file, or empty. Refused: a file that is missing or holds no key.
Result<std::string> load_master_key(const std::filesystem::path& given, const std::filesystem::path& data_dir,
                                    bool database_exists, Random& random);

// 64 hexadecimal digits, with or without the end of the line, or the 32 bytes themselves.
Result<std::string> parse_master_key(std::string_view content, const std::filesystem::path& file);

}  // namespace crewship
