// JSON.stringify(JSON.parse(text)): its result is JSON and its own fixed point, so that every receiver's signature
// check sees the same bytes. That it is JavaScript's own text is compared with Node over the same corpus (tests/e2e).
#include <string>

#include <crewship/domain/json.hpp>

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace crewship;
  using fuzzing::require;
  const auto text = fuzzing::text_of(data, size);
  const auto kind = check_json(text);
  const auto result = javascript_json(text);
  require(result.has_value() == kind.has_value(), "the same texts are JSON");
  if (!result) return 0;
  const auto result_kind = check_json(*result);
  require(result_kind.has_value(), "the result is JSON");
  // A number too large for a double becomes null.
  require(*result_kind == *kind || (*kind == JsonKind::number && *result == "null"), "of the same kind");
  const auto again = javascript_json(*result);
  require(again && *again == *result, "the result is its own fixed point");
  require(result->size() <= size * 22 / 5 + 22, "the result's size is bounded");
  return 0;
}
