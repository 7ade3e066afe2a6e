// How runs are stored and read, for the files that insert, find and list them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <crewship/domain/run.hpp>

#include "tx.hpp"

namespace crewship {

// Stored as nothing.
inline constexpr std::string_view empty_input = "{}";
// A longer one has a row of its own.
inline constexpr std::size_t max_input_bytes_in_row = 1024;

std::optional<Run> read_run(Tx& tx, std::int64_t number);

}  // namespace crewship
