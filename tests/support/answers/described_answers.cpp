#include "described_answers.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <ranges>
#include <set>
#include <stdexcept>
#include <vector>

#include <nlohmann/json.hpp>

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#pragma clang diagnostic pop

#include <crewship/api/openapi.hpp>
#include <crewship/domain/json.hpp>

namespace crewship::testing_support {
namespace {

using Json = nlohmann::json;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

// What any request can be told before its route sees it: the operations share one description, their default.
const std::set<int> told_by_the_door{400, 401, 403, 408, 413, 415, 417, 429, 431, 500, 503};

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  for (const auto part : path | std::views::split('/')) segments.emplace_back(std::string_view(part));
  return segments;
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
  return std::ranges::equal(pattern, path, [](const std::string& expected, const std::string& given) {
    return expected.starts_with('{') ? !given.empty() : expected == given;
  });
}

class Document {
 public:
  Document() : document_(Json::parse(openapi_document())) {
    for (const auto& item : document_["paths"].items()) paths_.push_back({segments_of(item.key()), &item.value()});
    close(document_["components"]["schemas"]);
    close(document_["paths"]);
  }

  std::string problem(const AnswerToCheck& answer) {
    const auto path = answer.target.substr(0, answer.target.find('?'));
    const Json* const item = find_path(path);
    if (answer.method == "HEAD") return "";
    if (item == nullptr) return path.starts_with("/v1/") ? problem_with_error(answer, "an unknown path") : "";
    const auto method = lower_case(answer.method);
    if (!item->contains(method)) return problem_with_error(answer, "a method that is not described");
    const Json& responses = (*item)[method]["responses"];
    const auto status = std::to_string(answer.status);
    if (responses.contains(status)) return problem_with(*resolved(&responses[status]), answer);
    if (responses.contains("default") && told_by_the_door.contains(answer.status)) {
      return problem_with(*resolved(&responses["default"]), answer);
    }
    // With admin_listen, the public door has but one route.
    if (answer.status == 404 && answer.body.find("There is nothing at this path.") != std::string_view::npos) return "";
    return "the status is not described";
  }

 private:
  struct Path {
    std::vector<std::string> pattern;
    const Json* item;
  };

  const Json* find_path(std::string_view path) const {
    const auto segments = segments_of(path);
    for (const Path& known : paths_) {
      if (matches(known.pattern, segments)) return known.item;
    }
    return nullptr;
  }

  const Json* resolved(const Json* node) const {
    if (!node->contains("$ref")) return node;
    return &document_.at(Json::json_pointer((*node)["$ref"].get<std::string>().substr(1)));
  }

  // An object that is put together from parts becomes one, and none may have a field that is not described.
  void close(Json& node) {
    if (node.is_array()) {
      for (Json& child : node) close(child);
    }
    if (!node.is_object()) return;
    if (node.contains("allOf")) {
      Json whole = {{"type", "object"}, {"properties", Json::object()}, {"required", Json::array()}};
      gather(node, whole);
      node = std::move(whole);
    }
    // valijson asks for the format of null, too.
    if (node.contains("format") && node["type"].is_array()) {
      Json text = {{"type", "string"}, {"format", node["format"]}};
      node = {{"anyOf", Json::array({std::move(text), Json{{"type", "null"}}})}};
    }
    for (auto& item : node.items()) close(item.value());
    if (node.contains("properties") && !node.contains("additionalProperties") && node["properties"].is_object()) {
      node["additionalProperties"] = false;
    }
  }
  void gather(const Json& part, Json& whole) const {
    const Json& schema = *resolved(&part);
    for (const Json& inner : schema.value("allOf", Json::array())) gather(inner, whole);
    whole["properties"].update(schema.value("properties", Json::object()));
    for (const Json& field : schema.value("required", Json::array())) whole["required"].push_back(field);
  }

  std::string problem_with_error(const AnswerToCheck& answer, std::string_view what) {
    if (answer.status < 400) return "a success for " + std::string(what);
    return problem_with(document_["components"]["responses"]["Error"], answer);
  }

  std::string problem_with(const Json& response, const AnswerToCheck& answer) {
    if (!response.contains("content")) {
      return answer.body.empty() ? "" : "a body, where none is described";
    }
    const auto type = std::string(answer.content_type.substr(0, answer.content_type.find(';')));
    if (!response["content"].contains(type)) return "Content-Type '" + type + "' is not described";
    if (type != "application/json") return "";
    const auto body = Json::parse(answer.body, nullptr, false);
    // Half of a surrogate pair is JSON, too, though not to every reader.
    if (body.is_discarded()) return check_json(answer.body) ? "" : "the body is not JSON";
    return problem_with_body(response["content"][type]["schema"], body);
  }

  std::string problem_with_body(const Json& description, const Json& body) {
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    valijson::ValidationResults results;
    if (validator.validate(compiled(description), Adapter(body), &results)) return "";
    std::string text;
    for (valijson::ValidationResults::Error error; results.popError(error);) {
      for (const std::string& place : error.context) text += place;
      text += ": " + error.description + "\n";
    }
    return text;
  }

  const valijson::Schema& compiled(const Json& description) {
    auto& schema = compiled_[&description];
    if (!schema) {
      // References start at the root.
      const Json root{{"allOf", Json::array({description})}, {"components", document_["components"]}};
      schema = std::make_unique<valijson::Schema>();
      valijson::SchemaParser().populateSchema(Adapter(root), *schema);
    }
    return *schema;
  }

  Json document_;
  std::vector<Path> paths_;
  std::map<const Json*, std::unique_ptr<valijson::Schema>> compiled_;
};

}  // namespace

std::string undescribed(const AnswerToCheck& answer) {
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  static Document document;
  const auto problem = document.problem(answer);
  if (problem.empty()) return "";
  std::string text;
  text.append(answer.method).append(" ").append(answer.target).append(" → ").append(std::to_string(answer.status));
  return text.append(" is not as docs/openapi.yaml says: ").append(problem).append("\n").append(answer.body);
}

}  // namespace crewship::testing_support
