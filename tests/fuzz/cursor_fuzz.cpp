// A list's query string with its limit and cursor, and the ids in paths.
#include <crewship/base/ids.hpp>

#include "../../src/api/query.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace crewship;
  using fuzzing::require;
  Request request;
  request.query = fuzzing::text_of(data, size);
  for (const CursorCheck check : {is_id_cursor<RunId>, is_number_cursor}) {
    const auto query = ListQuery::parse(request, check, {"status", "environment"});
    if (!query) {
      require(query.error().kind == ErrorKind::invalid && !query.error().message.empty(), "a refusal says why");
      continue;
    }
    require(query->page().limit >= 1 && query->page().limit <= 100, "a page is bounded");
    if (query->page().after) require(check(*query->page().after), "a cursor is one");
  }
  if (const auto id = RunId::parse(request.query)) require(id->text() == request.query, "an id is its text");
  return 0;
}
