#include <crewship/client/apply_plan.hpp>

#include <initializer_list>
#include <map>
#include <set>
#include <utility>

#include "manifest.hpp"

namespace crewship {
namespace {

std::unexpected<Error> ambiguous(const std::string& what, const std::string& where) {
  return fail(ErrorKind::conflict, "ambiguous_name",
              "Several of " + where + " are " + what + ". Give them different names; nothing was changed.");
}

std::string webhook_key(const Json& webhook) {
  return text_at(webhook, "name") + " (" + text_at(webhook, "environment") + ")";
}

std::string deployment_key(const Json& deployment) { return text_at(deployment, "name"); }

using Index = std::map<std::string, const Json*>;

Result<Index> index_of(const Json& list, std::string (*key)(const Json&), const std::string& where) {
  Index index;
  for (const auto& item : list) {
    if (!index.emplace(key(item), &item).second) return ambiguous("called " + key(item), where);
  }
  return index;
}

const Json* find(const Index& index, const std::string& key) {
  const auto found = index.find(key);
  return found == index.end() ? nullptr : found->second;
}

Json list_of(const Json& object, const char* member) {
  return object.contains(member) ? object[member] : Json::array();
}

// Without the order of members, which means nothing.
bool same(const Json& one, const Json& other) { return nlohmann::json(one) == nlohmann::json(other); }

bool same_version(const Json& one, const Json& other) {
  for (const char* member : {"runner", "env", "timeout_seconds", "limits"}) {
    if (!same(one[member], other[member])) return false;
  }
  return true;
}

std::string difference_of(const std::string& name, const Json& before, const Json& after) {
  return name + ": " + json_text(before) + " → " + json_text(after);
}

Json only(const Json& object, std::initializer_list<const char*> members) {
  Json some = Json::object();
  for (const char* member : members) {
    if (!object[member].is_null()) some[member] = object[member];
  }
  return some;
}

// One deployment of the file against the server's, if there is one.
class DeploymentPlan {
 public:
  DeploymentPlan(std::vector<ApplyStep>& steps, const Json& wanted, const Json* server, bool prune)
      : steps_(steps), wanted_(wanted), server_(server), prune_(prune), name_(text_at(wanted, "name")) {}

  Result<> make() {
    if (server_ == nullptr) create();
    plan_versions();
    if (auto planned = plan_environments(); !planned) return planned;
    if (auto planned = plan_incoming(); !planned) return planned;
    return plan_outgoing();
  }

 private:
  struct Live {
    std::string id;                   // of a version that exists
    std::optional<std::size_t> step;  // or the step that makes it
  };

  ApplyStep& add(ChangeKind kind, const std::string& what, std::string method) {
    ApplyStep& step = steps_.emplace_back();
    step.kind = kind;
    step.what = name_ + ": " + what;
    step.method = std::move(method);
    return step;
  }
  void below_deployment(ApplyStep& step, const std::string& rest) const {
    step.path = "/v1/deployments/";
    if (server_ != nullptr) {
      step.path += text_at(*server_, "id") + rest;
    } else {
      step.id_of = created_;
      step.path_rest = rest;
    }
  }
  Json on_server(const char* list) const { return server_ == nullptr ? Json::array() : list_of(*server_, list); }

  void create() {
    created_ = steps_.size();
    ApplyStep& step = steps_.emplace_back();
    step.what = "deployment " + name_;
    step.method = "POST";
    step.path = "/v1/deployments";
    step.body = json_text(Json{{"name", name_}});
  }

  void plan_versions();
  Result<> plan_environments();
  void plan_environment(const std::string& environment, const Json& number, const Live& live);
  Result<> plan_incoming();
  Result<> plan_outgoing();
  Result<> change_outgoing(const Json& wanted, const Json& server);
  Result<> create_outgoing(const Json& wanted);
  void disable_created(const std::string& what, const std::string& path);
  void remove_others(const char* list, const std::string& what, const std::string& path, const Index& wanted);

  std::vector<ApplyStep>& steps_;
  const Json& wanted_;
  const Json* server_;
  bool prune_;
  std::string name_;
  std::size_t created_ = 0;
  std::map<std::string, Live> versions_;  // by the file's number
};

// The same number first, then any of the same content that is not taken, so that a file which made the versions finds
// them again.
void DeploymentPlan::plan_versions() {
  const Json existing = on_server("versions");
  std::vector<bool> taken(existing.size(), false);
  const Json wanted = list_of(wanted_, "versions");
  for (const bool by_number : {true, false}) {
    for (const auto& version : wanted) {
      const std::string number = text_at(version, "number");
      if (versions_.contains(number)) continue;
      for (std::size_t i = existing.size(); i-- > 0;) {  // the oldest first: the server lists the newest first
        if (taken[i] || !same_version(version, existing[i])) continue;
        if (by_number && text_at(existing[i], "number") != number) continue;
        taken[i] = true;
        versions_[number] = Live{text_at(existing[i], "id"), {}};
        break;
      }
    }
  }
  for (const auto& version : wanted) {
    const std::string number = text_at(version, "number");
    if (versions_.contains(number)) continue;
    versions_[number] = Live{"", steps_.size()};
    ApplyStep& step = add(ChangeKind::create, "version " + number, "POST");
    below_deployment(step, "/versions");
    Json body = only(version, {"runner", "env", "timeout_seconds", "limits"});
    if (body["limits"].empty()) body.erase("limits");
    step.body = json_text(body);
    for (const auto& [member, value] : body.items()) {
      if (!value.empty()) step.details.push_back(member + ": " + json_text(value));
    }
  }
}

void DeploymentPlan::plan_environment(const std::string& environment, const Json& number, const Live& live) {
  const Json now = server_ == nullptr ? Json() : (*server_)["environments"][environment];  // the number, or null
  std::string id_now;
  for (const auto& version : on_server("versions")) {
    if (version["number"] == now) id_now = text_at(version, "id");
  }
  if (number.is_null() ? now.is_null() : !live.id.empty() && live.id == id_now) return;
  const bool down = number.is_null();
  ApplyStep& step = add(now.is_null() ? ChangeKind::create
                        : down        ? ChangeKind::remove
                                      : ChangeKind::update,
                        "live in " + environment, down ? "DELETE" : "PUT");
  below_deployment(step, "/environments/" + environment);
  if (!down && live.step) step.version_of = live.step;
  if (!down && !live.step) step.body = json_text(Json{{"version_id", live.id}});
  step.details.push_back(difference_of("version", now, number));
}

Result<> DeploymentPlan::plan_environments() {
  if (!wanted_.contains("environments")) return {};
  const Json& environments = wanted_["environments"];
  for (const char* environment : {"production", "staging"}) {
    if (!environments.contains(environment)) {
      if (prune_) plan_environment(environment, nullptr, {});
      continue;
    }
    const Json& number = environments[environment];
    if (number.is_null()) {
      plan_environment(environment, nullptr, {});
      continue;
    }
    auto found = versions_.find(json_text(number));
    if (found == versions_.end()) {
      for (const auto& version : on_server("versions")) {
        if (version["number"] == number)
          found = versions_.emplace(json_text(number), Live{text_at(version, "id"), {}}).first;
      }
    }
    if (found == versions_.end()) {
      return fail(ErrorKind::invalid, "invalid_file",
                  name_ + ": " + environment + " shall be version " + json_text(number) + ", which is not there.");
    }
    plan_environment(environment, number, found->second);
  }
  return {};
}

void DeploymentPlan::disable_created(const std::string& what, const std::string& path) {
  const std::size_t creation = steps_.size() - 1;
  ApplyStep& step = add(ChangeKind::update, what, "PATCH");
  step.path = path;
  step.id_of = creation;
  step.body = R"({"enabled":false})";
  step.details.push_back(difference_of("enabled", true, false));
}

void DeploymentPlan::remove_others(const char* list, const std::string& what, const std::string& path,
                                   const Index& wanted) {
  if (!prune_) return;
  for (const auto& webhook : on_server(list)) {
    if (wanted.contains(webhook_key(webhook))) continue;
    add(ChangeKind::remove, what + webhook_key(webhook), "DELETE").path = path + text_at(webhook, "id");
  }
}

Result<> DeploymentPlan::plan_incoming() {
  if (!wanted_.contains("incoming_webhooks")) return {};
  const std::string what = "incoming webhook ";
  const std::string path = "/v1/incoming-webhooks/";
  const Json existing = on_server("incoming_webhooks");
  const auto server = index_of(existing, webhook_key, "the server's incoming webhooks of " + name_);
  if (!server) return std::unexpected(server.error());
  const auto wanted = index_of(wanted_["incoming_webhooks"], webhook_key, "the file's incoming webhooks of " + name_);
  if (!wanted) return std::unexpected(wanted.error());
  for (const auto& webhook : wanted_["incoming_webhooks"]) {
    const std::string key = webhook_key(webhook);
    if (const Json* known = find(*server, key)) {
      if ((*known)["enabled"] == webhook["enabled"]) continue;
      ApplyStep& step = add(ChangeKind::update, what + key, "PATCH");
      step.path = path + text_at(*known, "id");
      step.body = json_text(only(webhook, {"enabled"}));
      step.details.push_back(difference_of("enabled", (*known)["enabled"], webhook["enabled"]));
      continue;
    }
    ApplyStep& step = add(ChangeKind::create, what + key, "POST");
    below_deployment(step, "/incoming-webhooks");
    step.body = json_text(only(webhook, {"name", "environment"}));
    step.shown_member = "url";
    if (webhook["enabled"] == false) disable_created(what + key, path);
  }
  remove_others("incoming_webhooks", what, path, *wanted);
  return {};
}

Result<> DeploymentPlan::change_outgoing(const Json& wanted, const Json& server) {
  Json changes = Json::object();
  std::vector<std::string> details;
  for (const char* member : {"url", "events", "enabled"}) {
    const bool equal = member == std::string_view("events")
                           ? std::multiset<std::string>(wanted[member].begin(), wanted[member].end()) ==
                                 std::multiset<std::string>(server[member].begin(), server[member].end())
                           : same(wanted[member], server[member]);
    if (equal) continue;
    changes[member] = wanted[member];
    details.push_back(difference_of(member, server[member], wanted[member]));
  }
  bool send_headers = wanted["headers"].size() != server["headers"].size();
  for (const auto& [name, value] : wanted["headers"].items()) {
    const bool known = server["headers"].contains(name);
    if (value == masked_value && !known) {
      return fail(ErrorKind::invalid, "invalid_file",
                  name_ + ": the value of the header " + name + " of " + webhook_key(wanted) + " is not in the file.");
    }
    if (known && value == masked_value) continue;
    send_headers = true;
    details.push_back("header " + name + ": " + (known ? "sent again, as the server does not show its value" : "new"));
  }
  for (const auto& [name, value] : server["headers"].items()) {
    if (!wanted["headers"].contains(name)) details.push_back("header " + name + ": gone");
  }
  if (send_headers) changes["headers"] = wanted["headers"];
  if (changes.empty()) return {};
  ApplyStep& step = add(ChangeKind::update, "outgoing webhook " + webhook_key(wanted), "PATCH");
  step.path = "/v1/outgoing-webhooks/" + text_at(server, "id");
  step.body = json_text(changes);
  step.details = std::move(details);
  return {};
}

Result<> DeploymentPlan::create_outgoing(const Json& wanted) {
  for (const auto& [name, value] : wanted["headers"].items()) {
    if (value != masked_value) continue;
    return fail(ErrorKind::invalid, "invalid_file",
                name_ + ": the value of the header " + name + " of " + webhook_key(wanted) + " is not in the file.");
  }
  const std::string what = "outgoing webhook " + webhook_key(wanted);
  ApplyStep& step = add(ChangeKind::create, what, "POST");
  below_deployment(step, "/outgoing-webhooks");
  step.body = json_text(only(wanted, {"name", "environment", "url", "events", "headers"}));
  step.shown_member = "secret";
  step.details = {"url: " + text_at(wanted, "url"), "events: " + json_text(wanted["events"])};
  if (wanted["enabled"] == false) disable_created(what, "/v1/outgoing-webhooks/");
  return {};
}

Result<> DeploymentPlan::plan_outgoing() {
  if (!wanted_.contains("outgoing_webhooks")) return {};
  const Json existing = on_server("outgoing_webhooks");
  const auto server = index_of(existing, webhook_key, "the server's outgoing webhooks of " + name_);
  if (!server) return std::unexpected(server.error());
  const auto wanted = index_of(wanted_["outgoing_webhooks"], webhook_key, "the file's outgoing webhooks of " + name_);
  if (!wanted) return std::unexpected(wanted.error());
  for (const auto& webhook : wanted_["outgoing_webhooks"]) {
    const Json* known = find(*server, webhook_key(webhook));
    auto planned = known != nullptr ? change_outgoing(webhook, *known) : create_outgoing(webhook);
    if (!planned) return planned;
  }
  remove_others("outgoing_webhooks", "outgoing webhook ", "/v1/outgoing-webhooks/", *wanted);
  return {};
}

}  // namespace

Result<std::vector<ApplyStep>> plan_apply(std::string_view wanted_text, std::string_view server_text, bool prune) {
  auto document = parse_manifest(wanted_text);
  if (!document) return std::unexpected(document.error());
  const auto wanted = checked_manifest(*std::move(document));
  if (!wanted) return std::unexpected(wanted.error());
  const Json server = Json::parse(server_text);
  const auto in_file = index_of((*wanted)["deployments"], deployment_key, "the file's deployments");
  if (!in_file) return std::unexpected(in_file.error());

  std::vector<ApplyStep> steps;
  for (const auto& deployment : (*wanted)["deployments"]) {
    const Json* known = nullptr;
    for (const auto& candidate : server["deployments"]) {
      if (deployment_key(candidate) != deployment_key(deployment)) continue;
      if (known != nullptr) return ambiguous("called " + deployment_key(deployment), "the server's deployments");
      known = &candidate;
    }
    DeploymentPlan plan(steps, deployment, known, prune);
    if (auto planned = plan.make(); !planned) return std::unexpected(planned.error());
  }
  if (!prune) return steps;
  for (const auto& deployment : server["deployments"]) {
    if (in_file->contains(deployment_key(deployment))) continue;
    ApplyStep& step = steps.emplace_back();
    step.kind = ChangeKind::remove;
    step.what = "deployment " + deployment_key(deployment) + " and its webhooks";
    step.method = "DELETE";
    step.path = "/v1/deployments/" + text_at(deployment, "id");
  }
  return steps;
}

std::string difference_text(const std::vector<ApplyStep>& steps) {
  std::string text;
  for (const auto& step : steps) {
    const char* sign = step.kind == ChangeKind::create ? "+ " : step.kind == ChangeKind::update ? "~ " : "- ";
    text += sign + step.what + "\n";
    for (const auto& detail : step.details) text += "    " + detail + "\n";
  }
  return text;
}

}  // namespace crewship
