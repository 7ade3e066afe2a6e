// One server-sent event (HTML standard, 9.2): `id: N` and `data: {"type","data","payload"}`, each on one line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <crewship/base/clock.hpp>

namespace crewship {

// `data` is JSON text without line breaks; `payload` repeats it, since clients read either.
void append_frame(std::string& out, std::int64_t number, std::string_view type, std::string_view data);
// And "timestamp": when it happened.
void append_timed_frame(std::string& out, std::int64_t number, std::string_view type, std::string_view data,
                        WallTime at);

// What keeps proxies and clients from giving up on a stream that is silent.
inline constexpr std::string_view comment_frame = ": waiting\n\n";

}  // namespace crewship
