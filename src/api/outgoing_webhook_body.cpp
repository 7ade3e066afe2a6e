#include "outgoing_webhook_body.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include <crewship/delivery/target_rules.hpp>
#include <crewship/http/message.hpp>

#include "render.hpp"

namespace crewship {
namespace {

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

std::optional<std::string> optional_target_url(RequestBody& body, const std::vector<Cidr>& allow) {
  auto url = body.optional_text("url");
  if (!url) return std::nullopt;
  if (const auto checked = check_target_url(*url, allow); !checked) body.complain(checked.error());
  return url;
}

std::optional<std::vector<EventType>> optional_events(RequestBody& body) {
  const auto names = body.optional_texts("events");
  if (!names) return std::nullopt;
  std::vector<EventType> events;
  for (const auto& name : *names) {
    const auto event = parse_event_type(name);
    if (!event || *event == EventType::webhook_test) {
      body.complain("events", "must name run.succeeded, run.failed or both");
    } else if (std::ranges::find(events, *event) == events.end()) {
      events.push_back(*event);
    }
  }
  if (events.empty()) body.complain("events", "must name run.succeeded, run.failed or both");
  return events;
}

std::optional<TextPairs> optional_headers(RequestBody& body) {
  auto headers = body.optional_text_pairs("headers");
  if (!headers) return std::nullopt;
  if (headers->size() > max_own_headers) body.complain("headers", "must have at most 20 entries");
  std::set<std::string> seen;
  for (const auto& [name, value] : *headers) {
    const std::string field = "headers." + name;
    if (auto complaint = check_header_name(name)) body.complain(field, *std::move(complaint));
    if (auto complaint = check_header_value(value)) body.complain(field, *std::move(complaint));
    if (!seen.insert(lower_case(name)).second) body.complain(field, "is given twice");
  }
  return headers;
}

Result<> unmask_headers(TextPairs& headers, const TextPairs& stored) {
  for (auto& [name, value] : headers) {
    if (value != masked_header_value) continue;
    const auto kept = find_header(stored, name);
    if (!kept) {
      return fail(ErrorKind::invalid, "invalid_field",
                  "headers." + name + " must have a value: *** keeps a stored one, and none is stored.",
                  "headers." + name);
    }
    value = *kept;
  }
  return {};
}

}  // namespace crewship
