#include <functional>
#include <initializer_list>
#include <optional>
#include <utility>

#include "manifest.hpp"

namespace crewship {
namespace {

using Fault = std::optional<Error>;

Error at(const std::string& place, const std::string& message) {
  return Error{.kind = ErrorKind::invalid,
               .code = "invalid_file",
               .message = (place.empty() ? "The file" : place) + " " + message + "."};
}

struct Member {
  const char* name;
  bool (*fits)(const Json& value);
  const char* should_be;
  Json otherwise;         // when it is left out
  bool required = false;  // or an error
  bool optional = false;  // or left out
};

bool is_text(const Json& value) { return value.is_string() && !value.get_ref<const std::string&>().empty(); }
bool is_count(const Json& value) { return value.is_number_integer() && value > 0; }
bool is_count_or_null(const Json& value) { return value.is_null() || is_count(value); }
bool is_object(const Json& value) { return value.is_object(); }
bool is_list(const Json& value) { return value.is_array(); }
bool is_flag(const Json& value) { return value.is_boolean(); }
bool is_environment(const Json& value) { return value == "production" || value == "staging"; }
bool is_texts(const Json& value) {
  if (!value.is_object()) return false;
  for (const auto& one : value) {
    if (!one.is_string()) return false;
  }
  return true;
}

Fault complete(Json& object, const std::string& place, const std::vector<Member>& members) {
  if (!object.is_object()) return at(place, "must be an object");
  const std::string prefix = place.empty() ? "" : place + ".";
  for (const auto& [name, value] : object.items()) {
    bool known = false;
    for (const auto& member : members) known = known || name == member.name;
    if (!known) return at(prefix + name, "is unknown");
  }
  for (const auto& member : members) {
    if (!object.contains(member.name)) {
      if (member.required) return at(prefix + member.name, "is missing");
      if (!member.optional) object[member.name] = member.otherwise;
    } else if (!member.fits(object[member.name])) {
      return at(prefix + member.name, std::string("must be ") + member.should_be);
    }
  }
  return std::nullopt;
}

Fault each(Json& object, const char* list, const std::string& place,
           const std::function<Fault(Json& item, const std::string& place, std::size_t index)>& check) {
  if (!object.contains(list)) return std::nullopt;
  std::size_t index = 0;
  for (auto& item : object[list]) {
    const std::string where = (place.empty() ? "" : place + ".") + list + "[" + std::to_string(index) + "]";
    if (auto fault = check(item, where, index++)) return fault;
  }
  return std::nullopt;
}

Fault check_version(Json& version, const std::string& place, std::size_t index) {
  if (auto fault = complete(version, place,
                            {{"number", is_count, "a whole number", index + 1},
                             {"runner", is_object, "an object", nullptr, true},
                             {"env", is_texts, "names with texts; quote numbers", Json::object()},
                             {"timeout_seconds", is_count_or_null, "a whole number", nullptr},
                             {"limits", is_object, "an object", Json::object()}})) {
    return fault;
  }
  Json limits = Json::object();
  for (const auto& [name, value] : version["limits"].items()) {
    if (!value.is_null()) limits[name] = value;
  }
  version["limits"] = std::move(limits);
  return std::nullopt;
}

Fault check_environments(Json& deployment, const std::string& place) {
  if (!deployment.contains("environments")) return std::nullopt;
  return complete(deployment["environments"], place + ".environments",
                  {{"production", is_count_or_null, "a version's number or null", nullptr, false, true},
                   {"staging", is_count_or_null, "a version's number or null", nullptr, false, true}});
}

Fault check_incoming(Json& webhook, const std::string& place, std::size_t) {
  return complete(webhook, place,
                  {{"name", is_text, "a text", nullptr, true},
                   {"environment", is_environment, "production or staging", "production"},
                   {"enabled", is_flag, "true or false", true}});
}

Fault check_outgoing(Json& webhook, const std::string& place, std::size_t) {
  return complete(webhook, place,
                  {{"name", is_text, "a text", nullptr, true},
                   {"environment", is_environment, "production or staging", "production"},
                   {"url", is_text, "a text", nullptr, true},
                   {"events", is_list, "a list", Json::array({"run.succeeded", "run.failed"})},
                   {"headers", is_texts, "names with texts", Json::object()},
                   {"enabled", is_flag, "true or false", true}});
}

Fault check_deployment(Json& deployment, const std::string& place, std::size_t) {
  if (auto fault = complete(deployment, place,
                            {{"name", is_text, "a text", nullptr, true},
                             {"versions", is_list, "a list", nullptr, false, true},
                             {"environments", is_object, "an object", nullptr, false, true},
                             {"incoming_webhooks", is_list, "a list", nullptr, false, true},
                             {"outgoing_webhooks", is_list, "a list", nullptr, false, true}})) {
    return fault;
  }
  if (auto fault = each(deployment, "versions", place, check_version)) return fault;
  if (auto fault = check_environments(deployment, place)) return fault;
  if (auto fault = each(deployment, "incoming_webhooks", place, check_incoming)) return fault;
  return each(deployment, "outgoing_webhooks", place, check_outgoing);
}

bool is_this_format(const Json& value) { return value == manifest_format; }

}  // namespace

Result<Json> checked_manifest(Json document) {
  auto fault = complete(document, "",
                        {{"crewshipd", is_this_format, "1, the only format that is known", nullptr, true},
                         {"deployments", is_list, "a list", nullptr, true}});
  if (!fault) fault = each(document, "deployments", "", check_deployment);
  if (fault) return std::unexpected(*std::move(fault));
  return document;
}

}  // namespace crewship
