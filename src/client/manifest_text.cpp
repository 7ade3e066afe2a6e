#include <charconv>
#include <regex>

#include <yaml-cpp/yaml.h>

#include <crewship/domain/json.hpp>

#include "manifest.hpp"

namespace crewship {
namespace {

Error invalid_file(std::string message) {
  return Error{.kind = ErrorKind::invalid, .code = "invalid_file", .message = std::move(message)};
}

std::string place_of(const YAML::Node& node) { return "line " + std::to_string(node.Mark().line + 1); }

// Plain scalars by the core schema of YAML 1.2, 10.3.2. Quoted ones are strings.
Json scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() != "?") return text;
  for (const char* null : {"", "~", "null", "Null", "NULL"}) {
    if (text == null) return nullptr;
  }
  for (const char* yes : {"true", "True", "TRUE"}) {
    if (text == yes) return true;
  }
  for (const char* no : {"false", "False", "FALSE"}) {
    if (text == no) return false;
  }
  std::int64_t value = 0;
  const std::string_view digits = std::string_view(text).substr(text.starts_with('+') ? 1 : 0);
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (!digits.empty() && error == std::errc{} && stop == digits.data() + digits.size()) return value;
  return text;  // no member of the file is a fraction
}

Result<Json> from_yaml(const YAML::Node& node) {
  if (node.IsScalar()) return scalar(node);
  if (node.IsSequence()) {
    Json list = Json::array();
    for (const auto& item : node) {
      auto value = from_yaml(item);
      if (!value) return value;
      list.push_back(*std::move(value));
    }
    return list;
  }
  if (!node.IsMap()) return Json(nullptr);
  Json object = Json::object();
  for (const auto& member : node) {
    const YAML::Node& key = member.first;
    if (!key.IsScalar()) return std::unexpected(invalid_file("A key is no word at " + place_of(key) + "."));
    if (object.contains(key.Scalar())) {
      return std::unexpected(invalid_file(key.Scalar() + " stands there twice, at " + place_of(key) + "."));
    }
    auto value = from_yaml(member.second);
    if (!value) return value;
    object[key.Scalar()] = *std::move(value);
  }
  return object;
}

// Anything that a reader of YAML 1.1 or 1.2 could take for something else is quoted.
bool is_plain(const std::string& text) {
  static const std::regex safe(
      R"([A-Za-z_/.][A-Za-z0-9_/.@-]*( [A-Za-z0-9_/.@-]+)*|https?://[A-Za-z0-9_/.:@%?=&-]+[A-Za-z0-9_/])");
  static const std::regex word(R"(y|n|yes|no|on|off|true|false|null|\.inf|\.nan|\.+|[._0-9]*)", std::regex::icase);
  return std::regex_match(text, safe) && !std::regex_match(text, word);
}

void write_yaml(YAML::Emitter& out, const Json& value) {
  if (value.is_object()) {
    if (value.empty()) out << YAML::Flow;
    out << YAML::BeginMap;
    for (const auto& [key, item] : value.items()) {
      out << YAML::Key;
      if (!is_plain(key)) out << YAML::DoubleQuoted;
      out << key << YAML::Value;
      write_yaml(out, item);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    bool flat = true;
    for (const auto& item : value) flat = flat && !item.is_structured();
    if (flat) out << YAML::Flow;
    out << YAML::BeginSeq;
    for (const auto& item : value) write_yaml(out, item);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (!is_plain(text)) out << YAML::DoubleQuoted;
    out << text;
  } else if (value.is_null()) {
    out << YAML::Null;
  } else {
    out << json_text(value);  // numbers, true and false
  }
}

}  // namespace

Result<Json> parse_manifest(std::string_view text) {
  if (check_json(text)) {
    Json document = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!document.is_discarded()) return document;
  }
  try {
    return from_yaml(YAML::Load(std::string(text)));
  } catch (const YAML::Exception& error) {
    return std::unexpected(invalid_file("The file is neither JSON nor YAML: " + error.msg + " at line " +
                                        std::to_string(error.mark.line + 1) + "."));
  }
}

std::string yaml_text(const Json& document) {
  YAML::Emitter out;
  write_yaml(out, document);
  return std::string(out.c_str()) + "\n";
}

}  // namespace crewship
