// From what a handler found to a response: ids from the path, "not found", lists, one object.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <crewship/base/json_writer.hpp>
#include <crewship/http/message.hpp>
#include <crewship/store/page.hpp>

#include "render.hpp"

namespace crewship {

inline Error not_found(std::string_view what) {
  return Error{
      .kind = ErrorKind::not_found, .code = "not_found", .message = "There is no such " + std::string(what) + "."};
}

// The id named `parameter` in the path; one that is malformed or of another type is not found either.
template <class IdType>
Result<IdType> path_id(const Request& request, std::string_view what, std::string_view parameter = "id") {
  auto id = IdType::parse(request.path_parameter(parameter));
  if (!id) return std::unexpected(not_found(what));
  return *std::move(id);
}

template <class T>
Result<T> or_not_found(std::optional<T> found, std::string_view what) {
  if (!found) return std::unexpected(not_found(what));
  return *std::move(found);
}

template <class T>
Response answer(int status, const Result<T>& result) {
  if (!result) return error_response(result.error());
  JsonWriter json;
  render(json, *result);
  return json_response(status, json.take());
}

inline Response answer_empty(const Result<>& result) {
  return result ? empty_response(204) : error_response(result.error());
}

// {"<plural>":[…],"next_cursor":null|"…"}
template <class T>
Response answer_list(std::string_view plural, const Result<Page<T>>& page) {
  if (!page) return error_response(page.error());
  JsonWriter json;
  json.begin_object().key(plural).begin_array();
  for (const T& row : page->rows) render(json, row);
  json.end_array().field("next_cursor", page->next).end_object();
  return json_response(200, json.take());
}

}  // namespace crewship
