// crewshipd webhooks outgoing …
#include <CLI/CLI.hpp>

#include <crewship/base/json_writer.hpp>

#include "client.hpp"
#include "delivery_columns.hpp"
#include "recover.hpp"

namespace crewship {
namespace {

const std::vector<Column> columns{{"ID", "id"},
                                  {"NAME", "name"},
                                  {"ENVIRONMENT", "environment"},
                                  {"ENABLED", "enabled"},
                                  {"EVENTS", "events", Show::list},
                                  {"URL", "url"},
                                  {"LAST USED", "last_used_at", Show::time},
                                  {"DELIVERED", "recent", Show::recent}};
const std::vector<Column> fields{{"id", "id"},
                                 {"name", "name"},
                                 {"deployment", "deployment_id"},
                                 {"environment", "environment"},
                                 {"enabled", "enabled"},
                                 {"url", "url"},
                                 {"events", "events", Show::list},
                                 {"headers", "headers", Show::keys},
                                 {"secret", "secret"},
                                 {"created", "created_at", Show::time}};

struct Arguments {
  ListArguments list;
  std::string deployment;
  std::string webhook;
  std::string name;
  std::string url;
  std::string environment;
  std::vector<std::string> events;
  std::vector<std::string> headers;
  bool no_headers = false;
  RecoverArguments recover;
};

std::string path_of(const Arguments& arguments) {
  return "/v1/outgoing-webhooks/" + percent_encoded(arguments.webhook);
}

Result<> write_headers(JsonWriter& json, const std::vector<std::string>& headers) {
  json.key("headers").begin_object();
  for (const auto& header : headers) {
    const auto colon = header.find(':');
    if (colon == 0 || colon == std::string::npos) {
      return wrong_use("--header must be 'Name: value', not " + header.substr(0, colon) + ".");
    }
    const auto value = header.find_first_not_of(" \t", colon + 1);
    json.field(header.substr(0, colon), value == std::string::npos ? std::string() : header.substr(value));
  }
  json.end_object();
  return {};
}

// What was given, of what create and update have in common.
Result<std::string> webhook_body(const Arguments& arguments) {
  JsonWriter json;
  json.begin_object();
  if (!arguments.name.empty()) json.field("name", arguments.name);
  if (!arguments.url.empty()) json.field("url", arguments.url);
  if (!arguments.events.empty()) {
    json.key("events").begin_array();
    for (const auto& event : arguments.events) json.string(event);
    json.end_array();
  }
  if (!arguments.environment.empty()) json.field("environment", arguments.environment);
  if (arguments.no_headers && !arguments.headers.empty())
    return wrong_use("--header and --no-headers exclude each other.");
  if (arguments.no_headers || !arguments.headers.empty()) {
    if (auto written = write_headers(json, arguments.headers); !written) return std::unexpected(written.error());
  }
  json.end_object();
  return json.take();
}

Result<> list_webhooks(Client& client, const Arguments& arguments) {
  const auto id = client.deployment_id(arguments.deployment);
  if (!id) return std::unexpected(id.error());
  return list(client, "/v1/deployments/" + *id + "/outgoing-webhooks", arguments.list, "outgoing_webhooks", columns);
}

Result<> show(Client& client, const Arguments& arguments) {
  return client.call_and_show("GET", path_of(arguments), "", fields);
}

Result<> create(Client& client, const Arguments& arguments) {
  Arguments complete = arguments;
  if (complete.events.empty()) complete.events = {"run.succeeded", "run.failed"};
  auto body = webhook_body(complete);
  if (!body) return std::unexpected(body.error());
  const auto id = client.deployment_id(arguments.deployment);
  if (!id) return std::unexpected(id.error());
  auto shown = client.call_and_show("POST", "/v1/deployments/" + *id + "/outgoing-webhooks", *std::move(body), fields);
  if (shown) client.note("The secret is shown this once.");
  return shown;
}

Result<> update(Client& client, const Arguments& arguments) {
  auto body = webhook_body(arguments);
  if (!body) return std::unexpected(body.error());
  if (*body == "{}") return wrong_use("Say what is to change: --name, --url, --event, --header or --no-headers.");
  return client.call_and_show("PATCH", path_of(arguments), *std::move(body), fields);
}

Result<> enable(Client& client, const Arguments& arguments) {
  return client.call_and_show("PATCH", path_of(arguments), R"({"enabled":true})", fields);
}

Result<> disable(Client& client, const Arguments& arguments) {
  return client.call_and_show("PATCH", path_of(arguments), R"({"enabled":false})", fields);
}

Result<> regenerate(Client& client, const Arguments& arguments) {
  auto shown = client.call_and_show("POST", path_of(arguments) + "/regenerate-secret", "", fields);
  if (shown) client.note("The secret is shown this once, and signs from now on, retries included.");
  return shown;
}

Result<> remove(Client& client, const Arguments& arguments) {
  const auto answer = client.api().call("DELETE", path_of(arguments));
  if (!answer) return std::unexpected(answer.error());
  return client.show_done("Deleted " + arguments.webhook + "; its deliveries stay readable.");
}

Result<> test(Client& client, const Arguments& arguments) {
  return client.call_and_show("POST", path_of(arguments) + "/test", "", delivery_fields());
}

Result<> recover_failed(Client& client, const Arguments& arguments) {
  return recover(client, arguments.webhook, arguments.recover);
}

}  // namespace

void add_outgoing_webhook_commands(CommandSet& commands, CLI::App& webhooks) {
  CLI::App& group = commands.group(webhooks, "outgoing", "Where results are delivered");
  const auto arguments = std::make_shared<Arguments>();
  const auto add = [&](const char* name, const char* description, std::initializer_list<std::string_view> examples,
                       Result<> (*action)(Client&, const Arguments&)) -> CLI::App& {
    return commands.command(group, name, description, examples,
                            [arguments, action](Client& client) { return action(client, *arguments); });
  };
  const auto takes_webhook = [&](CLI::App& command) -> CLI::App& {
    command.add_option("WEBHOOK", arguments->webhook, "Its id, owh_…")->required();
    return command;
  };
  const auto takes_deployment = [&](CLI::App& command) -> CLI::App& {
    command.add_option("DEPLOYMENT", arguments->deployment, "Its id or name")->required();
    return command;
  };
  const auto takes_details = [&](CLI::App& command) {
    command.add_option("--event", arguments->events, "run.succeeded or run.failed; again for both")
        ->check(CLI::IsMember({"run.succeeded", "run.failed"}))
        ->type_name("EVENT")
        ->allow_extra_args(false);
    command.add_option("--header", arguments->headers, "'Name: value' to send along; again for more")
        ->allow_extra_args(false);
  };

  add_list_options(takes_deployment(add("list", "List a deployment's", {"webhooks outgoing list crew"}, list_webhooks)),
                   arguments->list);
  takes_webhook(add("show", "Show one", {"webhooks outgoing show owh_…"}, show));
  CLI::App& creating = takes_deployment(
      add("create", "Create one and show its signing secret, once",
          {"webhooks outgoing create crew results https://example.com/hook",
           "webhooks outgoing create crew alerts https://example.com/hook --event run.failed --environment staging"},
          create));
  creating.add_option("NAME", arguments->name, "What it is called")->required();
  creating.add_option("URL", arguments->url, "Where deliveries go")->required();
  add_environment_option(creating, arguments->environment);
  takes_details(creating);
  CLI::App& updating = takes_webhook(add(
      "update", "Change one; what is not named stays",
      {"webhooks outgoing update owh_… --url https://example.com/new", "webhooks outgoing update owh_… --no-headers"},
      update));
  updating.add_option("--name", arguments->name, "What it is called from now on");
  updating.add_option("--url", arguments->url, "Where deliveries go from now on");
  takes_details(updating);
  updating.add_flag("--no-headers", arguments->no_headers, "Send no headers of your own any more");
  takes_webhook(add("enable", "Send again what happens from now on", {"webhooks outgoing enable owh_…"}, enable));
  takes_webhook(
      add("disable", "Send nothing; waiting deliveries end as failed", {"webhooks outgoing disable owh_…"}, disable));
  takes_webhook(add("regenerate", "Give one a new signing secret, shown once", {"webhooks outgoing regenerate owh_…"},
                    regenerate));
  takes_webhook(add("test", "Send a delivery of the event webhook.test", {"webhooks outgoing test owh_…"}, test));
  add_recover_options(takes_webhook(add("recover", "Send again all deliveries that failed since a time",
                                        {"webhooks outgoing recover owh_… --since 2h",
                                         "webhooks outgoing recover owh_… --since 2025-01-15T10:00:00Z --dry-run"},
                                        recover_failed)),
                      arguments->recover);
  takes_webhook(add("delete", "Delete one; its deliveries stay readable", {"webhooks outgoing delete owh_…"}, remove));
}

void add_webhook_commands(CommandSet& commands) {
  CLI::App& group = commands.group(commands.program(), "webhooks", "What starts runs, and where results go");
  add_incoming_webhook_commands(commands, group);
  add_outgoing_webhook_commands(commands, group);
}

}  // namespace crewship
