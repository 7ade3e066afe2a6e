#include <crewship/app/command_line.hpp>

#include <cstdio>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include <crewship/base/version.hpp>
#include <crewship/client/client_commands.hpp>
#include <crewship/domain/json.hpp>

#include "commands.hpp"

namespace crewship {

int run_command_line(int argc, char** argv, BuiltinRegistry builtins) {
  CLI::App program{
      "crewshipd starts runs of versioned deployments from webhooks and delivers their results, signed and retried.\n"
      "The same program is the daemon (serve) and the client that talks to one.",
      "crewshipd"};
  program.set_version_flag("--version", "crewshipd " + std::string(version));
  program.require_subcommand(1);
  program.footer(
      "Environment of serve:\n"
      "  CREWSHIP_API_KEY          the first admin key; without it one is made and written to <data dir>/admin.key\n"
      "  CREWSHIP_MASTER_KEY_FILE  the key that seals secrets in the database; default <data dir>/master.key\n\n"
      "Exit codes: 0 done; 1 the server said no, or the run failed; 2 wrong use; 3 the server cannot be reached\n\n"
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

  ClientCommands client(program);

  for (int i = 1; i < argc; ++i) {
    if (valid_utf8(argv[i])) continue;
    std::fputs("crewshipd: the command line must be UTF-8\n", stderr);
    return exit_wrong_use;
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : exit_wrong_use;
  }
  if (client.chosen()) return client.run();
  if (client.options_given()) {
    std::fputs("crewshipd: --server, --api-key, --api-key-file and --output are not for this command\n", stderr);
    return exit_wrong_use;
  }
  if (serve_command->parsed()) return serve(serving, std::move(builtins));
  if (check_command->parsed()) return check_config(checked_file);
  return listen_for_deliveries(listening);
}

}  // namespace crewship
