// The environment entries by which a process is recognised as ours, wherever it has fled to.
#pragma once

#include <string>

namespace crewship {

inline constexpr const char* run_id_variable = "CREWSHIP_RUN_ID";

inline std::string marker_entry(const std::string& marker) { return "CREWSHIP_INSTANCE=" + marker; }
inline std::string run_entry(const std::string& run_id) { return std::string(run_id_variable) + '=' + run_id; }

}  // namespace crewship
