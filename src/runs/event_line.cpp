#include "event_line.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <nlohmann/json.hpp>

#include <crewship/domain/json.hpp>

namespace crewship {
namespace {

// What the daemon says itself: a watcher must be able to trust it.
constexpr std::array reserved_types{std::string_view("run.started"), std::string_view("run.completed"),
                                    std::string_view("run.failed"), std::string_view("run.canceled"),
                                    std::string_view("complete")};
constexpr std::array levels{std::string_view("info"), std::string_view("warning"), std::string_view("error")};

// Nothing when the text is no string that UTF-8 can hold.
std::optional<std::string> decoded_text(const JsonMember& member) {
  if (member.kind != JsonKind::string) return std::nullopt;
  const auto value = nlohmann::json::parse(member.value, nullptr, /*allow_exceptions=*/false);
  if (!value.is_string()) return std::nullopt;
  return value.get<std::string>();
}

// A carriage return can only stand between the words of JSON text, and would end a line of the event stream.
std::string on_one_line(std::string_view json) {
  std::string text(json);
  std::ranges::replace(text, '\r', ' ');
  return text;
}

}  // namespace

std::expected<ProgramEvent, std::string> parse_event_line(std::string_view line) {
  const auto members = json_members(line);
  if (!members) return std::unexpected("it is not a JSON object: " + members.error().message);
  std::optional<std::string> type;
  std::string_view data;
  std::string_view payload = "{}";
  for (const JsonMember& member : *members) {
    if (member.key == "type") type = decoded_text(member);
    if (member.key == "data") data = member.value;
    if (member.key == "payload") payload = member.value;
  }
  if (!type || type->empty()) return std::unexpected("it has no \"type\" that is a text");
  if (std::ranges::find(reserved_types, *type) != reserved_types.end()) {
    return std::unexpected("its type " + *type + " is the daemon's own");
  }
  return ProgramEvent{.type = *std::move(type), .data = on_one_line(data.empty() ? payload : data)};
}

std::expected<LoggedLine, std::string> parse_log_data(std::string_view data) {
  const auto members = json_members(data);
  if (!members) return std::unexpected("the data of a log event must be an object with a \"message\"");
  LoggedLine line;
  bool has_message = false;
  for (const JsonMember& member : *members) {
    auto text = decoded_text(member);
    if (!text) continue;
    if (member.key == "message") {
      line.message = *std::move(text);
      has_message = true;
    } else if (member.key == "level" && std::ranges::find(levels, *text) != levels.end()) {
      line.level = *std::move(text);
    }
  }
  if (!has_message) return std::unexpected("the data of a log event must be an object with a \"message\"");
  return line;
}

}  // namespace crewship
