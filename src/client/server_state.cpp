#include "server_state.hpp"

#include <algorithm>
#include <initializer_list>

#include <crewship/client/progress.hpp>

#include "manifest.hpp"

namespace crewship {
namespace {

Json pick(const Json& row, std::initializer_list<const char*> members) {
  Json picked = Json::object();
  for (const char* member : members) {
    if (row.contains(member)) picked[member] = row[member];
  }
  return picked;
}

Json without_nulls(const Json& object) {
  Json kept = Json::object();
  for (const auto& [name, value] : object.items()) {
    if (!value.is_null()) kept[name] = value;
  }
  return kept;
}

Result<> add_lists(Client& client, Json& deployment) {
  const std::string path = "/v1/deployments/" + text_at(deployment, "id");
  const auto versions = client.all_rows(path + "/versions", "versions");
  if (!versions) return std::unexpected(versions.error());
  deployment["versions"] = Json::array();
  for (const auto& version : *versions) {
    Json one = pick(version, {"id", "number", "runner", "env", "timeout_seconds", "limits"});
    one["limits"] = without_nulls(one["limits"]);
    deployment["versions"].push_back(std::move(one));
  }
  const auto answer = client.api().get(path + "/environments");
  if (!answer) return std::unexpected(answer.error());
  const auto environments = read_json(answer->body);
  deployment["environments"] = Json::object();
  for (const auto& pointer : environments.value_or(Json::object()).value("environments", Json::array())) {
    deployment["environments"][text_at(pointer, "environment")] = pointer["version_number"];
  }
  const auto incoming = client.all_rows(path + "/incoming-webhooks", "incoming_webhooks");
  if (!incoming) return std::unexpected(incoming.error());
  deployment["incoming_webhooks"] = Json::array();
  for (const auto& row : *incoming) {
    deployment["incoming_webhooks"].push_back(pick(row, {"id", "name", "environment", "enabled"}));
  }
  const auto outgoing = client.all_rows(path + "/outgoing-webhooks", "outgoing_webhooks");
  if (!outgoing) return std::unexpected(outgoing.error());
  deployment["outgoing_webhooks"] = Json::array();
  for (const auto& row : *outgoing) {
    deployment["outgoing_webhooks"].push_back(
        pick(row, {"id", "name", "environment", "url", "events", "headers", "enabled"}));
  }
  return {};
}

// The server lists the newest first; a file reads better the other way round.
void reverse(Json& list) { std::reverse(list.begin(), list.end()); }

}  // namespace

Result<Json> read_server_state(Client& client) {
  const auto deployments = client.all_rows("/v1/deployments", "deployments");
  if (!deployments) return std::unexpected(deployments.error());
  Json state{{"crewshipd", manifest_format}, {"deployments", Json::array()}};
  Progress progress("reading deployments", client.clock());
  for (const auto& row : *deployments) {
    progress.show(std::to_string(state["deployments"].size()) + " of " + std::to_string(deployments->size()));
    Json deployment = pick(row, {"id", "name"});
    if (auto added = add_lists(client, deployment); !added) return std::unexpected(added.error());
    state["deployments"].push_back(std::move(deployment));
  }
  return state;
}

Json exported(const Json& state, bool only_live_versions) {
  Json document = state;
  reverse(document["deployments"]);
  for (auto& deployment : document["deployments"]) {
    deployment.erase("id");
    Json versions = Json::array();
    for (const auto& version : deployment["versions"]) {
      bool live = false;
      for (const auto& number : deployment["environments"]) live = live || number == version["number"];
      if (only_live_versions && !live) continue;
      Json one = without_nulls(version);
      one.erase("id");
      for (const char* member : {"env", "limits"}) {
        if (one[member].empty()) one.erase(member);
      }
      versions.push_back(std::move(one));
    }
    deployment["versions"] = std::move(versions);
    for (const char* list : {"versions", "incoming_webhooks", "outgoing_webhooks"}) {
      reverse(deployment[list]);
      for (auto& item : deployment[list]) item.erase("id");
    }
  }
  return document;
}

}  // namespace crewship
