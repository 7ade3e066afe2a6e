// The query of a list: limit, cursor and the list's own filters. Anything else, and any bad value, is 400: a typo in a
// filter must not silently widen the list.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <crewship/http/message.hpp>
#include <crewship/store/page.hpp>

namespace crewship {

inline constexpr std::size_t max_page_rows = 100;

// Whether a text can be the cursor of this list: an id of its rows, or a number.
using CursorCheck = bool (*)(std::string_view);

template <class IdType>
bool is_id_cursor(std::string_view text) {
  return IdType::parse(text).has_value();
}
bool is_number_cursor(std::string_view text);

class ListQuery {
 public:
  static Result<ListQuery> parse(const Request& request, CursorCheck cursor_check,
                                 std::initializer_list<std::string_view> filters = {});
  const PageRequest& page() const { return page_; }

  // The filter's value read by `parse_value`, which returns an optional; nothing when it is not given.
  template <class Parse>
  auto filter(std::string_view name, Parse parse_value) const -> Result<decltype(parse_value(std::string_view()))> {
    const auto given = filters_.find(name);
    if (given == filters_.end()) return std::nullopt;
    auto value = parse_value(std::string_view(given->second));
    if (!value)
      return fail(ErrorKind::invalid, "invalid_filter",
                  "The value of " + std::string(name) + " is not one that exists.", std::string(name));
    return value;
  }

 private:
  PageRequest page_;
  std::map<std::string, std::string, std::less<>> filters_;
};

}  // namespace crewship
