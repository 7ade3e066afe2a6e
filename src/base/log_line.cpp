#include "log_line.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <crewship/base/time_format.hpp>

namespace crewship {
namespace {

constexpr std::size_t max_value_bytes = 2048;
constexpr std::size_t usual_line_bytes = 384;
constexpr std::string_view hex = "0123456789abcdef";

struct Decoded {
  char32_t code_point = 0;
  std::size_t length = 0;  // 0: the byte at this place begins no valid character
};

// One character of UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
Decoded decode(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return {};
  char32_t value = first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3fU);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  if (overlong || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return {};
  return {value, length};
}

// C0, DEL and C1 move cursors and end lines; U+2028 and U+2029 end lines in some viewers; the rest reorder or hide
// text.
bool deceptive(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb);
}

void append_code_point(std::string& out, char32_t c) {
  out.append("\\u");
  for (unsigned shift = 16; shift > 0; shift -= 4) out.push_back(hex[(c >> (shift - 4)) & 15]);
}

void append_invalid_byte(std::string& out, char c, LogFormat format) {
  if (format == LogFormat::json) {
    out.append("\\ufffd");
    return;
  }
  const auto byte = static_cast<unsigned char>(c);
  out.append("\\x");
  out.push_back(hex[byte >> 4]);
  out.push_back(hex[byte & 15]);
}

enum class Byte : unsigned char { plain, separating, special };
// Of ASCII, what an escaped text shows as it is, and what also needs no quotes.
constexpr std::array<Byte, 256> bytes = [] {
  std::array<Byte, 256> kinds{};
  kinds.fill(Byte::special);
  for (std::size_t c = ' '; c < 0x7f; ++c) kinds[c] = Byte::plain;
  for (const char c : {' ', '='}) kinds[static_cast<unsigned char>(c)] = Byte::separating;
  for (const char c : {'"', '\\'}) kinds[static_cast<unsigned char>(c)] = Byte::special;
  return kinds;
}();

bool has_none_over(Byte most, std::string_view text) {
  return text.size() <= max_value_bytes &&
         std::ranges::all_of(text, [most](char c) { return bytes[static_cast<unsigned char>(c)] <= most; });
}

// Escapes are JSON's; only \xNN, for a byte that is no UTF-8, is the text format's own.
void append_escaped(std::string& out, std::string_view text, LogFormat format) {
  if (has_none_over(Byte::separating, text)) {
    out.append(text);
    return;
  }
  const std::size_t full_size = text.size();
  for (std::size_t used = 0; !text.empty();) {
    const auto [c, length] = decode(text);
    const std::size_t step = std::max<std::size_t>(length, 1);
    if (used + step > max_value_bytes) {
      out.append("... (").append(std::to_string(full_size)).append(" bytes)");
      return;
    }
    if (length == 0) {
      append_invalid_byte(out, text.front(), format);
    } else if (c == '"' || c == '\\') {
      out.append({'\\', text.front()});
    } else if (c == '\n') {
      out.append("\\n");
    } else if (c == '\r') {
      out.append("\\r");
    } else if (c == '\t') {
      out.append("\\t");
    } else if (deceptive(c)) {
      append_code_point(out, c);
    } else {
      out.append(text, 0, step);
    }
    text.remove_prefix(step);
    used += step;
  }
}

bool plain(std::string_view value) { return !value.empty() && has_none_over(Byte::plain, value); }

void append_quoted(std::string& out, std::string_view value, LogFormat format) {
  out.push_back('"');
  append_escaped(out, value, format);
  out.push_back('"');
}

std::string_view text_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "DEBUG ";
    case LogLevel::info:
      return "INFO  ";
    case LogLevel::warning:
      return "WARN  ";
    case LogLevel::error:
      return "ERROR ";
  }
  return "ERROR ";
}

// Select Graphic Rendition, ECMA-48 §8.3.117.
constexpr std::string_view faint = "\x1b[2m";
constexpr std::string_view normal = "\x1b[0m";
constexpr std::size_t event_columns = 24;

std::string_view colour_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "\x1b[36m";
    case LogLevel::info:
      return "\x1b[32m";
    case LogLevel::warning:
      return "\x1b[33m";
    case LogLevel::error:
      return "\x1b[1;31m";
  }
  return normal;
}

std::string_view json_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

}  // namespace

std::string format_text_line(WallTime time, LogLevel level, std::string_view event, std::span<const LogField> fields) {
  std::string out;
  out.reserve(usual_line_bytes);
  append_timestamp(out, time);
  out.push_back(' ');
  out.append(text_name(level));
  append_escaped(out, event, LogFormat::text);
  if (!fields.empty()) out.push_back(' ');
  for (const LogField& field : fields) {
    out.append(" ").append(field.key).append("=");
    if (plain(field.value)) {
      out.append(field.value);
    } else {
      append_quoted(out, field.value, LogFormat::text);
    }
  }
  return out;
}

std::string format_terminal_line(WallTime time, LogLevel level, std::string_view event,
                                 std::span<const LogField> fields) {
  std::string out;
  out.reserve(usual_line_bytes);
  out.append(faint);
  append_timestamp(out, time);
  out.append(normal).append(" ");
  out.append(colour_of(level)).append(text_name(level)).append(normal);
  const std::size_t begin = out.size();
  append_escaped(out, event, LogFormat::text);
  const std::size_t width = out.size() - begin;
  if (!fields.empty() && width < event_columns) out.append(event_columns - width, ' ');
  for (const LogField& field : fields) {
    out.append(" ").append(faint).append(field.key).append("=").append(normal);
    if (plain(field.value)) {
      out.append(field.value);
    } else {
      append_quoted(out, field.value, LogFormat::text);
    }
  }
  return out;
}

std::string format_json_line(WallTime time, LogLevel level, std::string_view event, std::span<const LogField> fields) {
  std::string out;
  out.reserve(usual_line_bytes);
  out.append(R"({"time":")");
  append_timestamp(out, time);
  out.append(R"(","level":")").append(json_name(level)).append(R"(","event":)");
  append_quoted(out, event, LogFormat::json);
  for (const LogField& field : fields) {
    out.push_back(',');
    append_quoted(out, field.key, LogFormat::json);
    out.push_back(':');
    if (field.number) {
      out.append(field.value);
    } else {
      append_quoted(out, field.value, LogFormat::json);
    }
  }
  out.push_back('}');
  return out;
}

}  // namespace crewship
