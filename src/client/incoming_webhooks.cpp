// crewshipd webhooks incoming …
#include <CLI/CLI.hpp>

#include <crewship/base/json_writer.hpp>

#include "client.hpp"

namespace crewship {
namespace {

const std::vector<Column> columns{{"ID", "id"},
                                  {"NAME", "name"},
                                  {"ENVIRONMENT", "environment"},
                                  {"ENABLED", "enabled"},
                                  {"URL", "masked_url"},
                                  {"LAST USED", "last_used_at", Show::time},
                                  {"SUCCEEDED", "recent", Show::recent}};
const std::vector<Column> fields{
    {"id", "id"},           {"name", "name"}, {"deployment", "deployment_id"},      {"environment", "environment"},
    {"enabled", "enabled"}, {"url", "url"},   {"created", "created_at", Show::time}};

struct Arguments {
  ListArguments list;
  std::string deployment;
  std::string webhook;
  std::string name;
  std::string environment;
};

std::string path_of(const Arguments& arguments) {
  return "/v1/incoming-webhooks/" + percent_encoded(arguments.webhook);
}

Result<> list_webhooks(Client& client, const Arguments& arguments) {
  const auto id = client.deployment_id(arguments.deployment);
  if (!id) return std::unexpected(id.error());
  return list(client, "/v1/deployments/" + *id + "/incoming-webhooks", arguments.list, "incoming_webhooks", columns);
}

Result<> show(Client& client, const Arguments& arguments) {
  return client.call_and_show("GET", path_of(arguments), "", fields);
}

Result<> create(Client& client, const Arguments& arguments) {
  const auto id = client.deployment_id(arguments.deployment);
  if (!id) return std::unexpected(id.error());
  JsonWriter json;
  json.begin_object().field("name", arguments.name);
  if (!arguments.environment.empty()) json.field("environment", arguments.environment);
  json.end_object();
  return client.call_and_show("POST", "/v1/deployments/" + *id + "/incoming-webhooks", json.take(), fields);
}

Result<> rename(Client& client, const Arguments& arguments) {
  JsonWriter json;
  json.begin_object().field("name", arguments.name).end_object();
  return client.call_and_show("PATCH", path_of(arguments), json.take(), fields);
}

Result<> enable(Client& client, const Arguments& arguments) {
  return client.call_and_show("PATCH", path_of(arguments), R"({"enabled":true})", fields);
}

Result<> disable(Client& client, const Arguments& arguments) {
  return client.call_and_show("PATCH", path_of(arguments), R"({"enabled":false})", fields);
}

Result<> regenerate(Client& client, const Arguments& arguments) {
  return client.call_and_show("POST", path_of(arguments) + "/regenerate-token", "", fields);
}

Result<> remove(Client& client, const Arguments& arguments) {
  const auto answer = client.api().call("DELETE", path_of(arguments));
  if (!answer) return std::unexpected(answer.error());
  return client.show_done("Deleted " + arguments.webhook + ".");
}

}  // namespace

void add_incoming_webhook_commands(CommandSet& commands, CLI::App& webhooks) {
  CLI::App& group = commands.group(webhooks, "incoming", "The secret URLs that start runs");
  const auto arguments = std::make_shared<Arguments>();
  const auto add = [&](const char* name, const char* description, std::initializer_list<std::string_view> examples,
                       Result<> (*action)(Client&, const Arguments&)) -> CLI::App& {
    return commands.command(group, name, description, examples,
                            [arguments, action](Client& client) { return action(client, *arguments); });
  };
  const auto takes_webhook = [&](CLI::App& command) -> CLI::App& {
    command.add_option("WEBHOOK", arguments->webhook, "Its id, iwh_…")->required();
    return command;
  };
  const auto takes_deployment = [&](CLI::App& command) -> CLI::App& {
    command.add_option("DEPLOYMENT", arguments->deployment, "Its id or name")->required();
    return command;
  };

  add_list_options(
      takes_deployment(add("list", "List a deployment's, URLs masked", {"webhooks incoming list crew"}, list_webhooks)),
      arguments->list);
  takes_webhook(add("show", "Show one with its URL",
                    {"webhooks incoming show iwh_…", "webhooks incoming show iwh_… --output json | jq -r .url"}, show));
  CLI::App& creating = takes_deployment(
      add("create", "Create one and show its URL",
          {"webhooks incoming create crew ci", "webhooks incoming create crew nightly --environment staging"}, create));
  creating.add_option("NAME", arguments->name, "What it is called")->required();
  add_environment_option(creating, arguments->environment);
  takes_webhook(add("update", "Give one another name", {"webhooks incoming update iwh_… --name ci"}, rename))
      .add_option("--name", arguments->name, "What it is called from now on")
      ->required();
  takes_webhook(add("enable", "Take calls again", {"webhooks incoming enable iwh_…"}, enable));
  takes_webhook(add("disable", "Take no calls: they are answered as if it were not there",
                    {"webhooks incoming disable iwh_…"}, disable));
  takes_webhook(add("regenerate", "Give one a new URL; the old one is unknown at once",
                    {"webhooks incoming regenerate iwh_…"}, regenerate));
  takes_webhook(add("delete", "Delete one", {"webhooks incoming delete iwh_…"}, remove));
}

}  // namespace crewship
