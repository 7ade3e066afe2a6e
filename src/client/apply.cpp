// crewshipd export and crewshipd apply
#include <cstdio>
#include <iostream>

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <crewship/base/unique_fd.hpp>
#include <crewship/client/apply_plan.hpp>
#include <crewship/client/input.hpp>
#include <crewship/client/printable.hpp>
#include <crewship/client/progress.hpp>

#include "client.hpp"
#include "manifest.hpp"
#include "server_state.hpp"

namespace crewship {
namespace {

struct ExportArguments {
  std::string file;
  std::string format;
  bool only_live = false;
};

struct ApplyArguments {
  std::string file;
  bool dry_run = false;
  bool prune = false;
  bool yes = false;
};

// For its owner only: a version's env may hold what others must not see.
Result<> write_file(const std::string& file, std::string_view text) {
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  bool written = static_cast<bool>(fd);
  while (written && !text.empty()) {
    const auto count = ::write(fd.get(), text.data(), text.size());
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
    written = count > 0;
  }
  if (!written) return wrong_use("Cannot write " + file + ".");
  return {};
}

Result<> export_all(Client& client, const ExportArguments& arguments) {
  const auto state = read_server_state(client);
  if (!state) return std::unexpected(state.error());
  const Json document = exported(*state, arguments.only_live);
  std::string format = arguments.format;
  if (format.empty()) format = client.json() || arguments.file.ends_with(".json") ? "json" : "yaml";
  const std::string text = format == "json" ? json_text(document, 2) + "\n" : yaml_text(document);
  if (!arguments.file.empty() && arguments.file != "-") return write_file(arguments.file, text);
  client.print(::isatty(STDOUT_FILENO) == 1 ? printable_json(text) : text);
  return {};
}

Result<> confirm(Client& client, const std::vector<ApplyStep>& steps, bool yes) {
  std::size_t removals = 0;
  for (const auto& step : steps) removals += step.kind == ChangeKind::remove ? 1U : 0U;
  if (removals == 0 || yes) return {};
  if (::isatty(STDIN_FILENO) != 1) {
    return wrong_use("This takes away " + std::to_string(removals) +
                     " of what is there. Say --yes to mean it; nothing was changed.");
  }
  client.note("This takes away " + std::to_string(removals) + " of what is there. Type yes to go on:");
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "yes") return fail(ErrorKind::conflict, "not_confirmed", "Nothing was changed.");
  return {};
}

Json as_json(const ApplyStep& step) {
  const char* action = step.kind == ChangeKind::create   ? "create"
                       : step.kind == ChangeKind::update ? "update"
                                                         : "delete";
  return {{"action", action}, {"what", step.what}, {"details", step.details}};
}

// Carries the steps out in their order; `changes` gets what each answer shows once. Stops at the first refusal.
Result<> carry_out(Client& client, const std::vector<ApplyStep>& steps, Json& changes) {
  std::vector<std::string> ids;
  Progress progress("applying", client.clock());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const ApplyStep& step = steps[i];
    progress.show(std::to_string(i) + " of " + std::to_string(steps.size()));
    const std::string path = step.id_of ? step.path + ids[*step.id_of] + step.path_rest : step.path;
    const std::string body = step.version_of ? json_text(Json{{"version_id", ids[*step.version_of]}}) : step.body;
    const auto answer = client.api().call(step.method, path, body);
    if (!answer) {
      Error error = answer.error();
      error.message = step.what + ": " + error.message;
      if (i > 0)
        error.message += " The " + std::to_string(i) + " changes before it were made; apply again when it is mended.";
      return std::unexpected(std::move(error));
    }
    const auto made = read_json(answer->body);
    ids.push_back(made ? text_at(*made, "id") : std::string());
    if (!made || step.shown_member.empty()) continue;
    changes[i][step.shown_member] = text_at(*made, step.shown_member);
    progress.clear();
    if (!client.json()) {
      client.print(printable(step.what + "  " + step.shown_member + ": " + text_at(*made, step.shown_member)) + "\n");
    }
  }
  return {};
}

Result<> apply(Client& client, const ApplyArguments& arguments) {
  const auto text = read_whole_file(arguments.file);
  if (!text) return std::unexpected(text.error());
  const auto state = read_server_state(client);
  if (!state) return std::unexpected(state.error());
  const auto steps = plan_apply(*text, json_text(*state), arguments.prune);
  if (!steps && steps.error().code == "invalid_file") return wrong_use(arguments.file + ": " + steps.error().message);
  if (!steps) return std::unexpected(steps.error());

  Json changes = Json::array();
  for (const auto& step : *steps) changes.push_back(as_json(step));
  if (!client.json()) {
    client.print(steps->empty() ? "Nothing to change.\n" : printable_lines(difference_text(*steps)));
  }
  Result<> done;
  if (!arguments.dry_run) {
    done = confirm(client, *steps, arguments.yes);
    if (done) done = carry_out(client, *steps, changes);
  }
  if (client.json()) {
    client.print_json(json_text(Json{{"changes", changes}, {"applied", !arguments.dry_run && done.has_value()}}));
  } else if (!arguments.dry_run && done && !steps->empty()) {
    client.print("Applied " + std::to_string(steps->size()) + (steps->size() == 1 ? " change.\n" : " changes.\n"));
  }
  return done;
}

}  // namespace

void add_apply_commands(CommandSet& commands) {
  const auto exporting = std::make_shared<ExportArguments>();
  CLI::App& export_command = commands.command(
      commands.program(), "export", "Write deployments, versions, what is live, and webhooks to a file",
      {"export crewshipd.yaml", "export --only-live --output json | jq .deployments"},
      [exporting](Client& client) { return export_all(client, *exporting); });
  export_command.add_option("FILE", exporting->file, "Where to; stdout without it");
  export_command.add_option("--format", exporting->format, "json or yaml; else by the name of the file, else yaml")
      ->check(CLI::IsMember({"json", "yaml"}))
      ->type_name("FORMAT");
  export_command.add_flag("--only-live", exporting->only_live, "Only the versions that are live");

  const auto applying = std::make_shared<ApplyArguments>();
  CLI::App& apply_command =
      commands.command(commands.program(), "apply", "Make a server what a file says",
                       {"apply crewshipd.yaml --dry-run", "apply crewshipd.yaml", "apply crewshipd.yaml --prune --yes"},
                       [applying](Client& client) { return apply(client, *applying); });
  apply_command.add_option("FILE", applying->file, "JSON or YAML as export writes it; - for stdin")->required();
  apply_command.add_flag("--dry-run", applying->dry_run, "Only show the difference");
  apply_command.add_flag("--prune", applying->prune, "Delete what is not in the file");
  apply_command.add_flag("--yes", applying->yes, "Do not ask before deleting");
}

}  // namespace crewship
