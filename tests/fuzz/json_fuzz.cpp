// JSON input: our reader against another one, and its functions against each other.
#include <string>

#include <nlohmann/json.hpp>

#include <crewship/domain/json.hpp>

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace crewship;
  using fuzzing::require;
  const auto text = fuzzing::text_of(data, size);
  const auto kind = check_json(text);
  if (!kind) require(kind.error().offset <= size && !kind.error().message.empty(), "an error says what and where");
  const auto members = json_members(text);
  require(members.has_value() == (kind && *kind == JsonKind::object), "objects have members");
  if (members) {
    for (const auto& [key, value, member_kind] : *members) {
      require(valid_utf8(key), "keys are UTF-8");
      const auto inner = check_json(value);
      require(inner && *inner == member_kind, "a member's value is JSON of its kind");
    }
  }
  if (kind) require(valid_utf8(text), "JSON is UTF-8");
  require(valid_utf8(replace_invalid_utf8(text)), "what is replaced is UTF-8");
  require(!valid_utf8(text) || replace_invalid_utf8(text) == text, "what is UTF-8 stays");

  // The other reader skips a byte order mark, takes a NUL for the end, refuses lone surrogates and numbers that are too
  // large for a double, and counts no levels.
  const bool theirs = nlohmann::json::accept(text);
  const auto deep = check_json(text, 1'000'000);
  const bool peculiar = text.starts_with("\xef\xbb\xbf") || text.find('\0') != std::string_view::npos;
  if (theirs && !peculiar) require(deep.has_value(), "what they accept, we accept");
  const bool comparable =
      text.find("\\u") == std::string_view::npos && text.find_first_of("eE") == std::string_view::npos && size < 300;
  if (deep && comparable) require(theirs, "what we accept, they accept");
  return 0;
}
