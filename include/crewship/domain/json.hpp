// One strict reader for JSON text (RFC 8259): payloads travel through the daemon as validated text, never as a tree.
// Pure functions, any thread; none recurses, so no text can exhaust the stack. Time is linear in the text, whatever
// keys it holds. Text that is not JSON is a value (JsonError); building JSON is base's JsonWriter, not this.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace crewship {

struct JsonError {
  std::size_t offset;   // of the byte that cannot stand there, from 0; the size of the text when it ends too early
  std::string message;  // for people: "expected ',' or '}' at byte 17"
};

enum class JsonKind { object, array, string, number, boolean, null };

// A container inside a container counts two levels; a lone string counts none.
inline constexpr std::size_t max_json_depth = 64;

// What the text holds. Errors: grammar, ill-formed UTF-8, nesting over `max_depth`, NaN and Infinity, a byte order
// mark, anything after the value. Escapes of lone surrogates are grammatical and accepted, and so are duplicate keys.
std::expected<JsonKind, JsonError> check_json(std::string_view text, std::size_t max_depth = max_json_depth);

// The text that JavaScript gives for JSON.stringify(JSON.parse(text)) (ECMA-262, 25.5), as UTF-8, so the result is its
// own fixed point. It can be longer than `text`, up to 22 / 5 times ("1e20," becomes 21 digits): check size limits on
// the result. Errors: those of check_json.
std::expected<std::string, JsonError> javascript_json(std::string_view text, std::size_t max_depth = max_json_depth);

struct JsonMember {
  std::string key;         // decoded to UTF-8; a lone surrogate is U+FFFD
  std::string_view value;  // as it stands in the text, without space around it
  JsonKind kind;
};

// The members of the object that `text` is, in the order of the text, duplicates included; the values are views into
// it. Errors: those of check_json, and a text that holds no object.
std::expected<std::vector<JsonMember>, JsonError> json_members(std::string_view text,
                                                               std::size_t max_depth = max_json_depth);

// True when all of `text` is well-formed UTF-8 (RFC 3629: no surrogates, nothing overlong, nothing over U+10FFFF).
bool valid_utf8(std::string_view text);

// `text` with each maximal subpart of an ill-formed sequence replaced by U+FFFD, as browsers and Node decode it
// (WHATWG).
std::string replace_invalid_utf8(std::string_view text);

}  // namespace crewship
