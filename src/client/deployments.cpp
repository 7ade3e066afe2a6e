// crewshipd deployments …
#include <CLI/CLI.hpp>

#include <crewship/base/json_writer.hpp>

#include "client.hpp"

namespace crewship {
namespace {

const std::vector<Column> columns{{"ID", "id"}, {"NAME", "name"}, {"CREATED", "created_at", Show::time}};
const std::vector<Column> fields{{"id", "id"}, {"name", "name"}, {"created", "created_at", Show::time}};
const std::vector<Column> environment_columns{{"ENVIRONMENT", "environment"},
                                              {"VERSION", "version_number"},
                                              {"VERSION ID", "version_id"},
                                              {"SINCE", "updated_at", Show::time}};

struct Arguments {
  ListArguments list;
  std::string deployment;
  std::string name;
};

std::string name_body(std::string_view name) {
  JsonWriter json;
  json.begin_object().field("name", name).end_object();
  return json.take();
}

// In a table what is live belongs to it; in JSON there is one answer for each call.
Result<> show(Client& client, const Arguments& arguments) {
  const auto id = client.deployment_id(arguments.deployment);
  if (!id) return std::unexpected(id.error());
  const auto answer = client.api().get("/v1/deployments/" + *id);
  if (!answer) return std::unexpected(answer.error());
  if (auto shown = client.show_one(*answer, fields); !shown || client.json()) return shown;
  const auto environments = client.api().get("/v1/deployments/" + *id + "/environments");
  if (!environments) return std::unexpected(environments.error());
  client.print("\n");
  return client.show_list(*environments, "environments", environment_columns);
}

Result<> create(Client& client, const Arguments& arguments) {
  const auto answer = client.api().call("POST", "/v1/deployments", name_body(arguments.name));
  if (!answer) return std::unexpected(answer.error());
  return client.show_one(*answer, fields);
}

Result<> rename(Client& client, const Arguments& arguments) {
  const auto id = client.deployment_id(arguments.deployment);
  if (!id) return std::unexpected(id.error());
  const auto answer = client.api().call("PATCH", "/v1/deployments/" + *id, name_body(arguments.name));
  if (!answer) return std::unexpected(answer.error());
  return client.show_one(*answer, fields);
}

Result<> remove(Client& client, const Arguments& arguments) {
  const auto id = client.deployment_id(arguments.deployment);
  if (!id) return std::unexpected(id.error());
  const auto answer = client.api().call("DELETE", "/v1/deployments/" + *id);
  if (!answer) return std::unexpected(answer.error());
  return client.show_done("Deleted " + *id + " and its webhooks.");
}

Result<> environments(Client& client, const Arguments& arguments) {
  const auto id = client.deployment_id(arguments.deployment);
  if (!id) return std::unexpected(id.error());
  const auto answer = client.api().get("/v1/deployments/" + *id + "/environments");
  if (!answer) return std::unexpected(answer.error());
  return client.show_list(*answer, "environments", environment_columns);
}

}  // namespace

void add_deployment_commands(CommandSet& commands) {
  CLI::App& group = commands.group(commands.program(), "deployments", "What can be run");
  const auto arguments = std::make_shared<Arguments>();
  const auto add = [&](const char* name, const char* description, std::initializer_list<std::string_view> examples,
                       Result<> (*action)(Client&, const Arguments&)) -> CLI::App& {
    return commands.command(group, name, description, examples,
                            [arguments, action](Client& client) { return action(client, *arguments); });
  };
  const auto takes_deployment = [&](CLI::App& command) {
    command.add_option("DEPLOYMENT", arguments->deployment, "Its id, or its name when no other has it")->required();
  };

  CLI::App& list_all = commands.command(
      group, "list", "List deployments",
      {"deployments list", "deployments list --output json | jq -r '.deployments[].id'"},
      [arguments](Client& client) { return list(client, "/v1/deployments", arguments->list, "deployments", columns); });
  add_list_options(list_all, arguments->list);
  takes_deployment(add("show", "Show one and what is live", {"deployments show crew"}, show));
  add("create", "Create one", {"deployments create crew"}, create)
      .add_option("NAME", arguments->name, "What it is called")
      ->required();
  CLI::App& renaming = add("rename", "Give one another name", {"deployments rename crew researchers"}, rename);
  takes_deployment(renaming);
  renaming.add_option("NAME", arguments->name, "What it is called from now on")->required();
  takes_deployment(
      add("delete", "Delete one and its webhooks; past runs stay readable", {"deployments delete crew"}, remove));
  takes_deployment(add("environments", "Show what is live", {"deployments environments crew"}, environments));
}

}  // namespace crewship
