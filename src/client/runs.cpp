// crewshipd runs …
#include <CLI/CLI.hpp>

#include <crewship/base/json_writer.hpp>
#include <crewship/base/time_format.hpp>
#include <crewship/client/input.hpp>
#include <crewship/client/printable.hpp>
#include <crewship/client/table.hpp>
#include <crewship/domain/json.hpp>

#include "client.hpp"
#include "run_follow.hpp"

namespace crewship {
namespace {

const std::vector<Column> columns{{"ID", "id"},
                                  {"STATUS", "status"},
                                  {"DEPLOYMENT", "deployment_id"},
                                  {"VERSION", "version_number"},
                                  {"ENVIRONMENT", "environment"},
                                  {"CREATED", "created_at", Show::time},
                                  {"TOOK", "took"},
                                  {"ERROR", "error_message"}};
const std::vector<Column> fields{{"id", "id"},
                                 {"status", "status"},
                                 {"error", "error_message"},
                                 {"deployment", "deployment_id"},
                                 {"version", "version_number"},
                                 {"environment", "environment"},
                                 {"webhook", "incoming_webhook_id"},
                                 {"created", "created_at", Show::time},
                                 {"started", "started_at", Show::time},
                                 {"completed", "completed_at", Show::time},
                                 {"input", "input", Show::block},
                                 {"output", "output", Show::block}};
const std::vector<Column> launched_fields{
    {"run", "run_id"}, {"status", "status"}, {"version", "version_number"}, {"version id", "version_id"}};

struct Arguments {
  ListArguments list;
  std::string deployment;
  std::string run;
  std::string input;
  std::string environment;
  std::string idempotency_key;
  bool follow = false;
  bool timestamps = false;
};

std::string path_of(const Arguments& arguments) { return "/v1/runs/" + percent_encoded(arguments.run); }

// How long it ran.
std::string time_taken(const Json& run) {
  const auto started = parse_timestamp(text_at(run, "started_at"));
  const auto completed = parse_timestamp(text_at(run, "completed_at"));
  return started && completed ? duration_text(*completed - *started) : "-";
}

Json with_time_taken(Json run) {
  run["took"] = time_taken(run);
  return run;
}

Result<> list_runs(Client& client, const Arguments& arguments) {
  ListArguments narrowed = arguments.list;
  if (auto& deployment = narrowed.filters["deployment"]; !deployment.empty()) {
    auto id = client.deployment_id(deployment);
    if (!id) return std::unexpected(id.error());
    narrowed.filters["deployment_id"] = *std::move(id);
  }
  narrowed.filters.erase("deployment");
  return list(client, "/v1/runs", narrowed, "runs", columns, with_time_taken);
}

Result<> show(Client& client, const Arguments& arguments) {
  return client.call_and_show("GET", path_of(arguments), "", fields);
}

Result<> cancel(Client& client, const Arguments& arguments) {
  return client.call_and_show("POST", path_of(arguments) + "/cancel", "", fields);
}

// Shows how the run ended; an error unless it succeeded, for the exit code.
Result<> show_end(Client& client, const std::string& run_id, const std::string& status) {
  const auto answer = client.api().get("/v1/runs/" + run_id);
  if (!answer) return std::unexpected(answer.error());
  if (client.json()) {
    client.print_json(answer->body);
  } else if (const auto run = read_json(answer->body); run && status == "succeeded") {
    client.print(run_id + " succeeded in " + time_taken(*run) + "\n" + printable_lines(json_text((*run)["output"], 2)) +
                 "\n");
  }
  if (status == "succeeded") return {};
  std::string message = "The run " + run_id + (status == "canceled" ? " was " : " ") + status;
  if (const auto run = read_json(answer->body)) {
    if (const std::string why = text_at(*run, "error_message"); !why.empty()) message += ": " + why;
  }
  return fail(ErrorKind::conflict, "run_" + status, message);
}

Result<> trigger(Client& client, const Arguments& arguments) {
  const auto input = read_input(arguments.input);
  if (!input) return std::unexpected(input.error());
  const auto id = client.deployment_id(arguments.deployment);
  if (!id) return std::unexpected(id.error());
  JsonWriter json;
  json.begin_object().field("deployment_id", *id);
  if (!input->empty()) json.raw_field("input", *input);  // as it was given, to the last digit
  if (!arguments.environment.empty()) json.field("environment", arguments.environment);
  json.end_object();
  Headers headers;
  if (!arguments.idempotency_key.empty()) headers.emplace_back("Idempotency-Key", arguments.idempotency_key);
  const auto answer = client.api().call("POST", "/v1/runs", json.take(), std::move(headers));
  if (!answer) return std::unexpected(answer.error());
  if (!arguments.follow) return client.show_one(*answer, launched_fields);

  const auto launched = read_json(answer->body);
  const std::string run_id = launched ? text_at(*launched, "run_id") : "";
  if (!client.json()) client.note(run_id + " is running");
  const auto status =
      follow_run(client, run_id, client.json() ? LogTarget::error_out : LogTarget::out, arguments.timestamps);
  if (!status) return std::unexpected(status.error());
  return show_end(client, run_id, *status);
}

Result<> follow_logs(Client& client, const Arguments& arguments) {
  const auto status = follow_run(client, arguments.run, LogTarget::out, arguments.timestamps);
  if (!status) return std::unexpected(status.error());
  if (!client.json()) client.note(arguments.run + " " + *status);
  return {};
}

Result<> logs(Client& client, const Arguments& arguments) {
  if (arguments.follow) return follow_logs(client, arguments);
  const std::string path = path_of(arguments) + "/logs";
  if (client.json()) return list(client, path, arguments.list, "logs", {});
  const auto lines = client.all_rows(path, "logs");
  if (!lines) return std::unexpected(lines.error());
  for (const auto& line : *lines) {
    const std::string level = text_at(line, "level");
    std::string text = arguments.timestamps ? text_at(line, "timestamp") + "  " : std::string();
    if (level != "info") text += level + ": ";
    client.print(printable(text + text_at(line, "message")) + "\n");
  }
  return {};
}

void add_trigger(CLI::App& command, Arguments& arguments) {
  command.add_option("DEPLOYMENT", arguments.deployment, "Its id or name")->required();
  command.add_option("--input", arguments.input, "JSON object, @FILE, or - for stdin; {} without it")
      ->type_name("JSON|@FILE|-");
  add_environment_option(command, arguments.environment);
  command.add_option("--idempotency-key", arguments.idempotency_key,
                     "The same key and input within 24 hours start one run");
  command.add_flag("-f,--follow", arguments.follow, "Show the log as it is written, then the result");
  command.add_flag("--timestamps", arguments.timestamps, "Before each log line");
}

}  // namespace

void add_run_commands(CommandSet& commands) {
  CLI::App& group = commands.group(commands.program(), "runs", "Start, watch and stop runs");
  const auto arguments = std::make_shared<Arguments>();
  const auto add = [&](const char* name, const char* description, std::initializer_list<std::string_view> examples,
                       Result<> (*action)(Client&, const Arguments&)) -> CLI::App& {
    return commands.command(group, name, description, examples,
                            [arguments, action](Client& client) { return action(client, *arguments); });
  };
  const auto takes_run = [&](CLI::App& command) -> CLI::App& {
    command.add_option("RUN", arguments->run, "Its id, run_…")->required();
    return command;
  };

  add_trigger(add("trigger", "Start a run; with --follow, exit 0 only if it succeeds",
                  {"runs trigger crew --input '{\"topic\": \"AI agents\"}' --follow",
                   "runs trigger crew --input @input.json --environment staging",
                   "jq -n '{day: now|todate}' | crewshipd runs trigger crew --input -"},
                  trigger),
              *arguments);
  CLI::App& listing =
      add("list", "List runs, newest first",
          {"runs list --status failed", "runs list --deployment crew --environment production --all"}, list_runs);
  add_filter(listing, arguments->list, "--deployment", "Only of this one, by id or name");
  add_filter(listing, arguments->list, "--environment", "production or staging");
  add_filter(listing, arguments->list, "--status", "pending, running, succeeded, failed or canceled");
  add_list_options(listing, arguments->list);
  takes_run(add("show", "Show one with input and output",
                {"runs show run_…", "runs show run_… --output json | jq .output"}, show));
  CLI::App& reading =
      takes_run(add("logs", "Show what its program wrote to stderr", {"runs logs run_…", "runs logs -f run_…"}, logs));
  reading.add_flag("-f,--follow", arguments->follow, "Go on until the run has ended, with its events");
  reading.add_flag("--timestamps", arguments->timestamps, "Before each line");
  takes_run(add("cancel", "End one; a no-op on a finished one", {"runs cancel run_…"}, cancel));
}

}  // namespace crewship
