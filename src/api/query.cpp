#include "query.hpp"

#include <algorithm>
#include <charconv>

#include <crewship/domain/json.hpp>

namespace crewship {
namespace {

Result<std::size_t> parse_limit(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool number = error == std::errc() && end == text.data() + text.size();
  if (!number || value < 1 || value > max_page_rows) {
    return fail(ErrorKind::invalid, "invalid_limit", "limit must be a number from 1 to 100.", "limit");
  }
  return value;
}

}  // namespace

bool is_number_cursor(std::string_view text) {
  return !text.empty() && text.size() <= 18 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Result<ListQuery> ListQuery::parse(const Request& request, CursorCheck cursor_check,
                                   std::initializer_list<std::string_view> filters) {
  auto parameters = query_parameters(request);
  if (!parameters) return std::unexpected(parameters.error());
  ListQuery query;
  for (auto& [name, value] : *parameters) {
    if (name == "limit") {
      const auto limit = parse_limit(value);
      if (!limit) return std::unexpected(limit.error());
      query.page_.limit = *limit;
    } else if (name == "cursor") {
      if (!cursor_check(value)) {
        return fail(ErrorKind::invalid, "invalid_cursor", "cursor must be a next_cursor that this list gave.",
                    "cursor");
      }
      query.page_.after = std::move(value);
    } else if (std::ranges::find(filters, name) != filters.end()) {
      query.filters_.emplace(std::move(name), std::move(value));
    } else {
      return fail(ErrorKind::invalid, "unknown_parameter", "This list has no parameter of that name.",
                  replace_invalid_utf8(name));
    }
  }
  return query;
}

}  // namespace crewship
