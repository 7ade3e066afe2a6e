// The trace that a run belongs to, as W3C Trace Context (level 1) passes it on: `traceparent` is
// 00-<trace id>-<parent span id>-<flags>. A span's id is the random end of the id of what it stands for, a run or an
// attempt, and a trace that begins here has its run's id, so that neither has to be stored. Pure: no clock, no I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <crewship/domain/delivery.hpp>
#include <crewship/domain/run.hpp>

namespace crewship {

// What a caller sent (§3.2), as version 00 has it; nothing when it is not valid, and the trace then begins here. Later
// versions are read as far as version 00 goes (§3.2.4).
std::optional<std::string> parse_traceparent(std::string_view header);

std::string trace_id_of(const Run& run);
// For the run's program: the run is the parent of what it does.
std::string traceparent_of(const Run& run);
// For the receiver: the attempt is the parent of what it does. The trace of a test event begins with its delivery.
std::string traceparent_of(const Delivery& delivery, const AttemptId& attempt);

}  // namespace crewship
