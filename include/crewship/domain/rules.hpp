// What names, environment variables, headers and events a user may give us. Each rule returns nothing when the value is
// fine, and a sentence for people when it is not.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace crewship {

inline constexpr std::size_t max_name_bytes = 200;
inline constexpr std::size_t max_idempotency_key_bytes = 255;
inline constexpr std::size_t max_header_value_bytes = 8192;
// With the longest name, within what Linux takes for one variable (MAX_ARG_STRLEN, 128 KiB).
inline constexpr std::size_t max_env_value_bytes = 130'000;

using Complaint = std::optional<std::string>;

Complaint check_name(
    std::string_view name);  // 1–200 bytes of UTF-8 in one line, not only spaces, no control characters
Complaint check_env_name(std::string_view name);     // POSIX name; CREWSHIP_* is ours
Complaint check_env_value(std::string_view value);   // no NUL
Complaint check_header_name(std::string_view name);  // RFC 9110 token; not X-Crewship-*, webhook-*, Host, Content-*, …
Complaint check_header_value(std::string_view value);   // visible ASCII, space, tab; no CR, LF
Complaint check_idempotency_key(std::string_view key);  // 1–255 visible ASCII

}  // namespace crewship
