#include <crewship/app/command_line.hpp>

#include <cstdio>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include <crewship/base/version.hpp>
#include <crewship/client/client_commands.hpp>
#include <crewship/domain/json.hpp>

#include "commands.hpp"
#include "completion.hpp"

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
  listen_command->add_option("--save", listening.save_to, "Folder for each request as it came, for crewshipd verify");

  VerifyArguments verifying;
  CLI::App* verify_command =
      program.add_subcommand("verify", "Check the signature of a saved delivery, and say which step differs");
  verify_command->add_option("FILE", verifying.file, "Headers, an empty line, and the body; - for stdin");
  verify_command->add_option("--header", verifying.headers, "'Name: value'; goes before the file's")
      ->allow_extra_args(false);
  verify_command->add_option("--body", verifying.body_file, "A file with the body alone");
  verify_command->add_option("--secret", verifying.secret,
                             "The webhook's signing secret, whsec_…; else CREWSHIP_SECRET");
  verify_command->add_option("--at", verifying.at, "Judge the age of its timestamp as of this time; now without it");
  verify_command->footer(
      "Examples:\n"
      "  crewshipd listen --save requests --secret whsec_…   # in one terminal\n"
      "  crewshipd verify requests/dlv_….http --secret whsec_…\n"
      "  crewshipd verify --header 'X-Crewship-Timestamp: …' --header 'X-Crewship-Signature: …' --body body.json\n\n"
      "Exit codes: 0 valid, 1 not valid, 2 wrong use. No server is asked.");

  BackupArguments backing_up;
  CLI::App* backup_command = program.add_subcommand("backup", "Copy the database to a file while the server runs");
  backup_command->add_option("FILE", backing_up.file, "A new file")->required();
  backup_command->add_option("--config", backing_up.config_file, "The server's configuration, for its data_dir");
  backup_command->add_option("--data-dir", backing_up.data_dir, "The server's folder instead; data without either");
  backup_command->add_flag("--without-key", backing_up.without_key, "Leave the master key out");
  backup_command->footer(
      "Examples:\n"
      "  crewshipd backup --config /etc/crewshipd/config.json /backup/crewshipd-$(date +%F).db\n\n"
      "To be run on the server's machine, as its user. The file holds the master key unless --without-key.");

  RestoreArguments restoring;
  CLI::App* restore_command = program.add_subcommand("restore", "Make a data directory of a backup");
  restore_command->add_option("FILE", restoring.file, "What backup made")->required();
  restore_command->add_option("--data-dir", restoring.data_dir, "Where to; a new folder")->required();
  restore_command->add_option("--master-key-file", restoring.master_key_file, "The key, when it is not in the backup");
  restore_command->add_flag("--force", restoring.force, "Put what is in the folder aside as *.replaced");
  restore_command->footer(
      "Examples:\n"
      "  crewshipd restore /backup/crewshipd-2025-01-15.db --data-dir /var/lib/crewshipd\n\n"
      "The server must not run. To be run as its user.");

  std::string shell;
  CLI::App* completion_command = program.add_subcommand("completion", "Print what a shell needs to complete commands");
  completion_command->add_option("SHELL", shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion_command->footer(
      "Examples:\n"
      "  crewshipd completion bash > /etc/bash_completion.d/crewshipd\n"
      "  crewshipd completion zsh > /usr/local/share/zsh/site-functions/_crewshipd\n"
      "  crewshipd completion fish > ~/.config/fish/completions/crewshipd.fish");

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
  if (completion_command->parsed()) {
    std::fputs(completion_script(program, shell).c_str(), stdout);
    return 0;
  }
  if (backup_command->parsed()) return make_backup(backing_up);
  if (restore_command->parsed()) return restore_from_backup(restoring);
  if (verify_command->parsed()) return verify_signature(verifying);
  return listen_for_deliveries(listening);
}

}  // namespace crewship
