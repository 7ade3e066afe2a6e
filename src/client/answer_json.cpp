#include "answer_json.hpp"

#include <cstddef>

#include <crewship/domain/json.hpp>

namespace crewship {
namespace {

// A run's input may be max_json_depth deep, and an answer wraps it.
constexpr std::size_t answer_depth = max_json_depth + 16;

bool is_half(std::string_view escape, std::string_view third) {  // \ud83d: its fourth character decides
  return escape.starts_with("\\ud") && escape.size() >= 6 && third.contains(escape[3]);
}

// In the text that JavaScript writes, only lone surrogates are escaped as \ud….
void mend_lone_surrogates(std::string& text) {
  for (std::size_t at = text.find('\\'); at != std::string::npos; at = text.find('\\', at + 2)) {
    if (is_half(std::string_view(text).substr(at), "89abcdef")) text.replace(at, 6, "\\ufffd");
  }
}

}  // namespace

std::optional<Json> read_json(std::string_view text) {
  auto readable = javascript_json(text, answer_depth);
  if (!readable) return std::nullopt;
  mend_lone_surrogates(*readable);
  Json document = Json::parse(*readable, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) return std::nullopt;
  return document;
}

std::string text_at(const Json& object, std::string_view member) {
  if (!object.is_object()) return {};
  const auto found = object.find(member);
  if (found == object.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : json_text(*found);
}

std::string json_text(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace crewship
