#include <crewship/app/command_line.hpp>

#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include <crewship/base/version.hpp>

#include "commands.hpp"

namespace crewship {

int run_command_line(int argc, char** argv, BuiltinRegistry builtins) {
  CLI::App program{
      "crewshipd starts runs of versioned deployments from webhooks and delivers their results, signed and retried."};
  program.set_version_flag("--version", "crewshipd " + std::string(version));
  program.require_subcommand(1);
  program.footer(
      "Environment of serve:\n"
      "  CREWSHIP_API_KEY          the first admin key; without it one is made and written to <data dir>/admin.key\n"
      "  CREWSHIP_MASTER_KEY_FILE  the key that seals secrets in the database; default <data dir>/master.key\n\n"
      "Try it:  crewshipd serve --demo");

  ServeArguments serving;
  CLI::App* serve_command = program.add_subcommand("serve", "Serve webhooks, runs, deliveries and the API");
  serve_command->add_option("--config", serving.config_file, "Configuration file (JSON with comments)");
  serve_command->add_option("--listen", serving.listen, "HOST:PORT instead of the configuration's");
  serve_command->add_option("--data-dir", serving.data_dir, "Folder of the database instead of the configuration's");
  serve_command->add_flag("--demo", serving.demo, "With a demo deployment, a receiver, and a curl line to paste");

  std::filesystem::path checked_file;
  CLI::App* check_command = program.add_subcommand("check-config", "Name every problem of a configuration file");
  check_command->add_option("FILE", checked_file, "Configuration file")->required();

  ListenArguments listening;
  CLI::App* listen_command =
      program.add_subcommand("listen", "Receive deliveries, print each one and say whether its signature is valid");
  listen_command->add_option("--listen", listening.listen, "HOST:PORT")->capture_default_str();
  listen_command->add_option("--secret", listening.secret, "The webhook's signing secret, whsec_…");
  listen_command->add_option("--answer", listening.answer_status, "Status to answer with")
      ->capture_default_str()
      ->check(CLI::Range(200, 599));

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : exit_wrong_use;
  }
  if (serve_command->parsed()) return serve(serving, std::move(builtins));
  if (check_command->parsed()) return check_config(checked_file);
  return listen_for_deliveries(listening);
}

}  // namespace crewship
