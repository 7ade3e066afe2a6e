#include "request_body.hpp"

#include <nlohmann/json.hpp>

#include <crewship/domain/json.hpp>
#include <crewship/ingress/trigger.hpp>

namespace crewship {
namespace {

// The text was checked by json_members; what nlohmann refuses all the same (a lone surrogate, a number beyond double)
// is discarded, and no type fits it.
nlohmann::ordered_json parsed(std::string_view json) {
  return nlohmann::ordered_json::parse(json, nullptr, /*allow_exceptions=*/false);
}

}  // namespace

RequestBody::RequestBody(const Request& request) {
  if (auto plain = check_payload_headers(request); !plain) {
    problem_ = plain.error();
  } else if (!request.body.empty()) {
    read_object(request.body);
  }
}

void RequestBody::read_object(std::string_view json) {
  // The payload inside may be as deep as any, and this object is one level around it.
  const auto kind = check_json(json, max_json_depth + 1);
  if (!kind) {
    problem_ = Error{.kind = ErrorKind::invalid,
                     .code = "invalid_json",
                     .message = "The body is not valid JSON: " + kind.error().message + "."};
    return;
  }
  if (*kind != JsonKind::object) {
    problem_ = Error{.kind = ErrorKind::invalid, .code = "invalid_body", .message = "The body must be a JSON object."};
    return;
  }
  for (auto& member : json_members(json, max_json_depth + 1).value()) {
    const bool added = fields_.try_emplace(member.key, Field{std::string(member.value), false}).second;
    if (!added) complain(member.key, "is given twice");
  }
}

RequestBody RequestBody::object(std::string_view name) {
  RequestBody inner;
  inner.path_ = path_ + std::string(name) + ".";
  if (Field* field = ask(name)) {
    if (field->json.starts_with('{')) {
      inner.read_object(field->json);
    } else {
      complain(name, "must be an object");
    }
  } else {
    complain(name, "is needed");
  }
  return inner;
}

RequestBody::Field* RequestBody::ask(std::string_view name) {
  const auto found = fields_.find(name);
  if (found == fields_.end()) return nullptr;
  found->second.asked_for = true;
  return found->second.json == "null" ? nullptr : &found->second;
}

bool RequestBody::has(std::string_view name) const {
  const auto found = fields_.find(name);
  return found != fields_.end() && found->second.json != "null";
}

void RequestBody::complain(std::string_view name, std::string message, std::string code) {
  if (problem_) return;
  const std::string field = path_ + std::string(name);
  // The rules of domain give whole sentences.
  if (!message.ends_with('.')) message = field + " " + message + ".";
  problem_ = Error{.kind = ErrorKind::invalid, .code = std::move(code), .message = std::move(message), .field = field};
}

void RequestBody::complain(Error error) {
  if (!problem_) problem_ = std::move(error);
}

std::string RequestBody::text(std::string_view name, TextRule rule) {
  auto value = optional_text(name, rule);
  if (!value) complain(name, "is needed and must be a text");
  return std::move(value).value_or("");
}

std::optional<std::string> RequestBody::optional_text(std::string_view name, TextRule rule) {
  const Field* field = ask(name);
  if (field == nullptr) return std::nullopt;
  const auto value = parsed(field->json);
  if (!value.is_string()) {
    complain(name, "must be a text");
    return std::nullopt;
  }
  auto text = value.get<std::string>();
  if (rule != nullptr) {
    if (auto complaint = rule(text)) complain(name, *std::move(complaint));
  }
  return text;
}

std::optional<bool> RequestBody::optional_flag(std::string_view name) {
  const Field* field = ask(name);
  if (field == nullptr) return std::nullopt;
  if (field->json == "true") return true;
  if (field->json != "false") complain(name, "must be true or false");
  return false;
}

std::optional<std::int64_t> RequestBody::optional_number(std::string_view name, std::int64_t least, std::int64_t most) {
  const Field* field = ask(name);
  if (field == nullptr) return std::nullopt;
  const auto value = parsed(field->json);
  if (value.is_number_integer()) {
    // A number over the signed range reads as negative here and is out of range all the same, for least is not below 0.
    const auto number = value.get<std::int64_t>();
    if (number >= least && number <= most) return number;
  }
  complain(name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

std::optional<std::vector<std::string>> RequestBody::optional_texts(std::string_view name) {
  const Field* field = ask(name);
  if (field == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  const auto value = parsed(field->json);
  if (!value.is_array()) complain(name, "must be an array of texts");
  for (const auto& element : value) {
    if (!element.is_string()) {
      complain(name, "must be an array of texts");
      break;
    }
    texts.push_back(element.get<std::string>());
  }
  return texts;
}

std::optional<TextPairs> RequestBody::optional_text_pairs(std::string_view name) {
  const Field* field = ask(name);
  if (field == nullptr) return std::nullopt;
  TextPairs pairs;
  if (!field->json.starts_with('{')) {
    complain(name, "must be an object of texts");
    return pairs;
  }
  for (const auto& member : json_members(field->json, max_json_depth + 1).value()) {
    const auto value = parsed(member.value);
    if (!value.is_string()) {
      complain(std::string(name) + "." + member.key, "must be a text");
      break;
    }
    pairs.emplace_back(member.key, value.get<std::string>());
  }
  return pairs;
}

std::optional<std::string> RequestBody::raw(std::string_view name) {
  const auto found = fields_.find(name);
  if (found == fields_.end()) return std::nullopt;
  found->second.asked_for = true;
  return found->second.json;
}

std::optional<Error> RequestBody::problem() {
  for (const auto& [name, field] : fields_) {
    if (!field.asked_for) complain(name, "is not a field of this request", "unknown_field");
  }
  return problem_;
}

}  // namespace crewship
