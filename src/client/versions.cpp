// crewshipd versions …
#include <charconv>

#include <CLI/CLI.hpp>

#include <crewship/base/ids.hpp>
#include <crewship/base/json_writer.hpp>
#include <crewship/base/time_format.hpp>

#include "client.hpp"
#include "quantities.hpp"

namespace crewship {
namespace {

const std::vector<Column> columns{{"NUMBER", "number"},
                                  {"ID", "id"},
                                  {"RUNS", "what"},
                                  {"ENV", "env", Show::keys},
                                  {"TIMEOUT", "timeout_seconds"},
                                  {"CREATED", "created_at", Show::time}};
const std::vector<Column> fields{{"id", "id"},
                                 {"number", "number"},
                                 {"deployment", "deployment_id"},
                                 {"runner", "runner", Show::block},
                                 {"env", "env", Show::block},
                                 {"timeout", "timeout_seconds"},
                                 {"limits", "limits", Show::block},
                                 {"created", "created_at", Show::time}};
const std::vector<Column> environment_fields{{"environment", "environment"},
                                             {"version", "version_number"},
                                             {"version id", "version_id"},
                                             {"since", "updated_at", Show::time}};

struct Arguments {
  ListArguments list;
  std::string deployment;
  std::string version;
  std::string environment = "production";
  std::string live;
  std::vector<std::string> command;
  std::string builtin;
  std::string working_dir;
  std::vector<std::string> env;
  std::string timeout;
  std::string memory;
  std::string cpu_time;
  std::optional<std::int64_t> open_files;
  std::optional<std::int64_t> processes;
};

Result<> write_env(JsonWriter& json, const std::vector<std::string>& env) {
  std::map<std::string, std::string> values;
  for (const auto& pair : env) {
    const auto equals = pair.find('=');
    if (equals == 0 || equals == std::string::npos) return wrong_use("--env must be NAME=VALUE, not " + pair + ".");
    if (!values.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second) {
      return wrong_use("--env gives " + pair.substr(0, equals) + " twice.");
    }
  }
  json.key("env").begin_object();
  for (const auto& [name, value] : values) json.field(name, value);
  json.end_object();
  return {};
}

Result<> write_limits(JsonWriter& json, const Arguments& arguments) {
  json.key("limits").begin_object();
  if (!arguments.memory.empty()) {
    const auto bytes = parse_bytes(arguments.memory);
    if (!bytes) return wrong_use("--memory must be such as 512MiB or 2GiB, not " + arguments.memory + ".");
    json.field("memory_bytes", *bytes);
  }
  if (!arguments.cpu_time.empty()) {
    const auto seconds = parse_seconds(arguments.cpu_time);
    if (!seconds) return wrong_use("--cpu-time must be such as 600 or 10m, not " + arguments.cpu_time + ".");
    json.field("cpu_seconds", *seconds);
  }
  if (arguments.open_files) json.field("open_files", *arguments.open_files);
  if (arguments.processes) json.field("processes", *arguments.processes);
  json.end_object();
  return {};
}

Result<std::string> version_body(const Arguments& arguments) {
  if (arguments.command.empty() == arguments.builtin.empty()) {
    return wrong_use("Say what runs: a command behind --, or --builtin HANDLER.");
  }
  JsonWriter json;
  json.begin_object().key("runner").begin_object();
  if (!arguments.builtin.empty()) {
    if (!arguments.working_dir.empty()) return wrong_use("--working-dir is for a command.");
    json.field("type", "builtin").field("handler", arguments.builtin);
  } else {
    json.field("type", "command").key("command").begin_array();
    for (const auto& word : arguments.command) json.string(word);
    json.end_array();
    if (!arguments.working_dir.empty()) json.field("working_dir", arguments.working_dir);
  }
  json.end_object();
  if (auto written = write_env(json, arguments.env); !written) return std::unexpected(written.error());
  if (!arguments.timeout.empty()) {
    const auto seconds = parse_seconds(arguments.timeout);
    if (!seconds) return wrong_use("--timeout must be such as 300 or 5m, not " + arguments.timeout + ".");
    json.field("timeout_seconds", *seconds);
  }
  const bool limited =
      !arguments.memory.empty() || !arguments.cpu_time.empty() || arguments.open_files || arguments.processes;
  if (limited) {
    if (auto written = write_limits(json, arguments); !written) return std::unexpected(written.error());
  }
  if (!arguments.live.empty()) json.field("environment", arguments.live);
  json.end_object();
  return json.take();
}

// A table has no place for the whole runner.
Json with_words(Json version) {
  const auto& runner = version["runner"];
  version["what"] =
      text_at(runner, "type") == "command" ? json_text(runner["command"]) : "builtin " + text_at(runner, "handler");
  return version;
}

Result<> list_versions(Client& client, const Arguments& arguments) {
  const auto id = client.deployment_id(arguments.deployment);
  if (!id) return std::unexpected(id.error());
  return list(client, "/v1/deployments/" + *id + "/versions", arguments.list, "versions", columns, with_words);
}

Result<> create(Client& client, const Arguments& arguments) {
  auto body = version_body(arguments);
  if (!body) return std::unexpected(body.error());
  const auto id = client.deployment_id(arguments.deployment);
  if (!id) return std::unexpected(id.error());
  const auto answer = client.api().call("POST", "/v1/deployments/" + *id + "/versions", *std::move(body));
  if (!answer) return std::unexpected(answer.error());
  return client.show_one(*answer, fields);
}

// A number is looked up; an id is the server's to judge.
Result<std::string> version_id(Client& client, const std::string& deployment, const std::string& version) {
  if (VersionId::parse(version)) return version;
  const auto versions = client.all_rows("/v1/deployments/" + deployment + "/versions", "versions");
  if (!versions) return std::unexpected(versions.error());
  for (const auto& one : *versions) {
    if (text_at(one, "number") == version) return text_at(one, "id");
  }
  return fail(ErrorKind::not_found, "not_found", "The deployment has no version " + version + ".");
}

Result<> activate(Client& client, const Arguments& arguments) {
  const auto id = client.deployment_id(arguments.deployment);
  if (!id) return std::unexpected(id.error());
  const auto version = version_id(client, *id, arguments.version);
  if (!version) return std::unexpected(version.error());
  JsonWriter json;
  json.begin_object().field("version_id", *version).end_object();
  const auto answer =
      client.api().call("PUT", "/v1/deployments/" + *id + "/environments/" + arguments.environment, json.take());
  if (!answer) return std::unexpected(answer.error());
  return client.show_one(*answer, environment_fields);
}

Result<> deactivate(Client& client, const Arguments& arguments) {
  const auto id = client.deployment_id(arguments.deployment);
  if (!id) return std::unexpected(id.error());
  const auto answer = client.api().call("DELETE", "/v1/deployments/" + *id + "/environments/" + arguments.environment);
  if (!answer) return std::unexpected(answer.error());
  return client.show_done("Nothing is live in " + arguments.environment + " now.");
}

void add_create_options(CLI::App& command, Arguments& arguments) {
  command.add_option("--env", arguments.env, "NAME=VALUE for its program; again for more")->allow_extra_args(false);
  command.add_option("--timeout", arguments.timeout, "How long a run may take: 300 (seconds), 5m, 2h");
  command.add_option("--working-dir", arguments.working_dir, "Where the command starts");
  command.add_option("--memory", arguments.memory, "Of all processes of a run: 512MiB, 2GiB");
  command.add_option("--cpu-time", arguments.cpu_time, "Of each process: 600 (seconds), 10m");
  command.add_option("--open-files", arguments.open_files, "Of each process");
  command.add_option("--processes", arguments.processes, "At once, the first included");
  command.add_option("--builtin", arguments.builtin, "A handler of the server instead of a command, such as echo");
  add_environment_option(command, arguments.live, "--live", "Put it live there: production or staging");
  command.add_option("COMMAND", arguments.command, "The program and its arguments, behind --");
}

}  // namespace

void add_version_commands(CommandSet& commands) {
  CLI::App& group = commands.group(commands.program(), "versions", "How a deployment is run, and what is live");
  const auto arguments = std::make_shared<Arguments>();
  const auto add = [&](const char* name, const char* description, std::initializer_list<std::string_view> examples,
                       Result<> (*action)(Client&, const Arguments&)) -> CLI::App& {
    CLI::App& command = commands.command(group, name, description, examples,
                                         [arguments, action](Client& client) { return action(client, *arguments); });
    command.add_option("DEPLOYMENT", arguments->deployment, "Its id or name")->required();
    return command;
  };
  add_list_options(add("list", "List a deployment's versions", {"versions list crew"}, list_versions), arguments->list);
  add_create_options(
      add("create", "Create a version, and put it live with --live",
          {"versions create crew --live production -- python3 crew.py --fast",
           "versions create crew --env MODEL=large --timeout 10m --memory 1GiB --working-dir /srv/crew -- ./run",
           "versions create crew --builtin echo --live staging"},
          create),
      *arguments);
  CLI::App& activating = add("activate", "Put a version live, or roll back to it",
                             {"versions activate crew 3", "versions activate crew 2 --environment staging"}, activate);
  activating.add_option("VERSION", arguments->version, "Its number or id")->required();
  add_environment_option(activating, arguments->environment);
  add_environment_option(
      add("deactivate", "Take an environment down", {"versions deactivate crew --environment staging"}, deactivate),
      arguments->environment);
}

}  // namespace crewship
