#include <crewship/domain/rules.hpp>

#include <algorithm>
#include <array>
#include <string>

#include <crewship/domain/json.hpp>

#include "characters.hpp"

namespace crewship {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_visible_ascii(char c) { return c > ' ' && c <= '~'; }

// RFC 9110 §5.6.2.
bool is_token_character(char c) {
  return is_letter(c) || is_digit(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// `text` is valid UTF-8. Controls are C0, DEL and C1; the line and paragraph separators break lines as they do.
bool has_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
    const auto rest = text.substr(i);
    if (rest.starts_with("\u2028") || rest.starts_with("\u2029")) return true;
  }
  return false;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string at_most(std::string_view what, std::size_t bytes) {
  return std::string(what) + " has at most " + std::to_string(bytes) + " bytes.";
}

// What the daemon itself sends, and what would change how the request is read or how the connection goes on.
constexpr std::array<std::string_view, 11> our_headers{"host",    "connection",        "expect",      "keep-alive",
                                                       "te",      "trailer",           "traceparent", "tracestate",
                                                       "upgrade", "transfer-encoding", "user-agent"};
constexpr std::array<std::string_view, 4> our_header_prefixes{"x-crewship-", "webhook-", "content-", "proxy-"};

bool is_our_header(std::string_view name) {
  const auto lower = lower_case(name);
  return std::ranges::find(our_headers, lower) != our_headers.end() ||
         std::ranges::any_of(our_header_prefixes, [&](std::string_view prefix) { return lower.starts_with(prefix); });
}

}  // namespace

Complaint check_name(std::string_view name) {
  if (name.find_first_not_of(' ') == std::string_view::npos)
    return "A name has at least one character that is not a space.";
  if (name.size() > max_name_bytes) return at_most("A name", max_name_bytes);
  if (!valid_utf8(name)) return "A name is text in UTF-8.";
  if (has_control(name)) return "A name is one line without control characters.";
  return std::nullopt;
}

Complaint check_env_name(std::string_view name) {
  const auto may_follow = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
  if (name.empty() || is_digit(name.front()) || !std::ranges::all_of(name, may_follow)) {
    return "The name of an environment variable has letters, digits and underscores and starts with no digit.";
  }
  if (name.size() > max_name_bytes) return at_most("The name of an environment variable", max_name_bytes);
  if (name.starts_with("CREWSHIP_")) return "Environment variables that start with CREWSHIP_ are set by the daemon.";
  return std::nullopt;
}

Complaint check_env_value(std::string_view value) {
  if (value.find('\0') != std::string_view::npos) {
    return "The value of an environment variable cannot contain a NUL character.";
  }
  if (value.size() > max_env_value_bytes) return at_most("The value of an environment variable", max_env_value_bytes);
  return std::nullopt;
}

Complaint check_header_name(std::string_view name) {
  if (name.empty() || !std::ranges::all_of(name, is_token_character)) {
    return "The name of a header has letters, digits and any of !#$%&'*+-.^_`|~ and no space or colon.";
  }
  if (name.size() > max_name_bytes) return at_most("The name of a header", max_name_bytes);
  if (is_our_header(name)) return "The header " + std::string(name) + " is set by the daemon; leave it out.";
  return std::nullopt;
}

Complaint check_header_value(std::string_view value) {
  const auto is_allowed = [](char c) { return is_visible_ascii(c) || c == ' ' || c == '\t'; };
  if (!std::ranges::all_of(value, is_allowed)) return "The value of a header is one line of ASCII text.";
  if (value.size() > max_header_value_bytes) return at_most("The value of a header", max_header_value_bytes);
  return std::nullopt;
}

Complaint check_idempotency_key(std::string_view key) {
  if (key.empty() || key.size() > max_idempotency_key_bytes || !std::ranges::all_of(key, is_visible_ascii)) {
    return "An Idempotency-Key has 1 to 255 visible ASCII characters and no space.";
  }
  return std::nullopt;
}

}  // namespace crewship
