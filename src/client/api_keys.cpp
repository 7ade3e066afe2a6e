// crewshipd keys …
#include <CLI/CLI.hpp>

#include <crewship/base/json_writer.hpp>

#include "client.hpp"

namespace crewship {
namespace {

const std::vector<Column> columns{
    {"ID", "id"}, {"NAME", "name"}, {"CREATED", "created_at", Show::time}, {"LAST USED", "last_used_at", Show::time}};
const std::vector<Column> fields{{"id", "id"}, {"name", "name"}, {"key", "key"}, {"created", "created_at", Show::time}};

struct Arguments {
  ListArguments list;
  std::string name;
  std::string key;
};

Result<> create(Client& client, const Arguments& arguments) {
  JsonWriter json;
  json.begin_object().field("name", arguments.name).end_object();
  auto shown = client.call_and_show("POST", "/v1/api-keys", json.take(), fields);
  if (shown) client.note("The key is shown this once.");
  return shown;
}

Result<> remove(Client& client, const Arguments& arguments) {
  const auto answer = client.api().call("DELETE", "/v1/api-keys/" + percent_encoded(arguments.key));
  if (!answer) return std::unexpected(answer.error());
  return client.show_done("Deleted " + arguments.key + ".");
}

Result<> list_keys(Client& client, const Arguments& arguments) {
  return list(client, "/v1/api-keys", arguments.list, "api_keys", columns);
}

}  // namespace

void add_api_key_commands(CommandSet& commands) {
  CLI::App& group = commands.group(commands.program(), "keys", "API keys");
  const auto arguments = std::make_shared<Arguments>();
  const auto add = [&](const char* name, const char* description, std::initializer_list<std::string_view> examples,
                       Result<> (*action)(Client&, const Arguments&)) -> CLI::App& {
    return commands.command(group, name, description, examples,
                            [arguments, action](Client& client) { return action(client, *arguments); });
  };
  add_list_options(add("list", "List keys, without the keys themselves", {"keys list"}, list_keys), arguments->list);
  add("create", "Create one and show it, once", {"keys create ci", "keys create ci --output json | jq -r .key"}, create)
      .add_option("NAME", arguments->name, "What it is for")
      ->required();
  add("delete", "Delete one; the last one stays", {"keys delete key_…"}, remove)
      .add_option("KEY", arguments->key, "Its id, key_…")
      ->required();
}

}  // namespace crewship
