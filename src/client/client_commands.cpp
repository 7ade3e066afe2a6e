#include <crewship/client/client_commands.hpp>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>

#include <CLI/CLI.hpp>

#include <crewship/client/printable.hpp>

#include "client.hpp"

namespace crewship {
namespace {

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

Result<std::string> key_from_file(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string key(std::istreambuf_iterator<char>(stream), {});
  if (!stream) return wrong_use("Cannot read the API key's file " + file + ".");
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r' || key.back() == ' ')) key.pop_back();
  if (key.empty() || key.find_first_of("\r\n") != std::string::npos) {
    return wrong_use("The API key's file " + file + " must hold the key alone.");
  }
  return key;
}

int exit_code_of(const Error& error) {
  if (error.code == wrong_use_code) return 2;
  return error.code == unreachable_code ? exit_unreachable : exit_refused;
}

}  // namespace

struct ClientCommands::Impl {
  explicit Impl(CLI::App& program) : commands(program) {}

  Result<std::string> api_key() const;
  Result<> perform();

  CommandSet commands;
  std::string server;
  std::string key;
  std::string key_file;
  std::string output = "table";
  SystemClock clock;
};

Result<std::string> ClientCommands::Impl::api_key() const {
  if (!key.empty()) return key;
  if (!key_file.empty()) return key_from_file(key_file);
  if (std::string given = from_environment("CREWSHIP_API_KEY"); !given.empty()) return given;
  if (const std::string file = from_environment("CREWSHIP_API_KEY_FILE"); !file.empty()) return key_from_file(file);
  return std::string();
}

Result<> ClientCommands::Impl::perform() {
  std::string url = server.empty() ? from_environment("CREWSHIP_SERVER") : server;
  if (url.empty()) url = "http://127.0.0.1:8080";
  auto chosen_key = api_key();
  if (!chosen_key) return std::unexpected(chosen_key.error());
  auto api = ApiClient::make(url, *std::move(chosen_key), clock);
  if (!api) return std::unexpected(api.error());
  Client client(*std::move(api), output == "json" ? OutputFormat::json : OutputFormat::table, clock);
  return commands.chosen()(client);
}

ClientCommands::ClientCommands(CLI::App& program) : impl_(std::make_unique<Impl>(program)) {
  const std::string group = "Options of the commands that talk to a server";
  program.add_option("--server", impl_->server, "Its URL; else CREWSHIP_SERVER, else http://127.0.0.1:8080")
      ->group(group);
  program.add_option("--api-key", impl_->key, "Better in CREWSHIP_API_KEY or a file: other users see a command line")
      ->group(group);
  program.add_option("--api-key-file", impl_->key_file, "A file that holds the key; else CREWSHIP_API_KEY_FILE")
      ->group(group);
  program.add_option("--output", impl_->output, "table, or json: what the API answered, byte for byte")
      ->check(CLI::IsMember({"table", "json"}))
      ->type_name("FORMAT")
      ->group(group);
  add_deployment_commands(impl_->commands);
  add_version_commands(impl_->commands);
  add_webhook_commands(impl_->commands);
  add_run_commands(impl_->commands);
  add_delivery_commands(impl_->commands);
  add_api_key_commands(impl_->commands);
  add_apply_commands(impl_->commands);
}

ClientCommands::~ClientCommands() = default;

bool ClientCommands::chosen() const { return impl_->commands.chosen() != nullptr; }

bool ClientCommands::options_given() const {
  const CLI::App& program = impl_->commands.program();
  for (const char* option : {"--server", "--api-key", "--api-key-file", "--output"}) {
    if (program.count(option) > 0) return true;
  }
  return false;
}

int ClientCommands::run() {
  const auto done = impl_->perform();
  const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (!done) {
    const Error& error = done.error();
    std::string text = error.message;
    if (!error.field.empty()) text += " (field " + error.field + ")";
    if (!error.run_id.empty()) text += " (run " + error.run_id + ")";
    std::fprintf(stderr, "crewshipd: %s\n", printable(text).c_str());
    return exit_code_of(error);
  }
  if (!written) {
    std::fputs("crewshipd: the output could not be written\n", stderr);
    return exit_refused;
  }
  return 0;
}

CLI::App& CommandSet::group(CLI::App& parent, std::string name, std::string description) {
  CLI::App& group = *parent.add_subcommand(std::move(name), std::move(description));
  group.require_subcommand(1);
  group.fallthrough();
  group.footer("--help behind a command shows its options and examples.");
  return group;
}

CLI::App& CommandSet::command(CLI::App& parent, std::string name, std::string description,
                              std::initializer_list<std::string_view> examples, Action action) {
  CLI::App& command = *parent.add_subcommand(std::move(name), std::move(description));
  command.fallthrough();
  std::string footer = "Examples:";
  for (const auto example : examples) footer += "\n  crewshipd " + std::string(example);
  command.footer(footer + "\n\n--server, --api-key-file and --output are those of crewshipd --help.");
  command.callback([this, action = std::move(action)] { chosen_ = action; });
  return command;
}

void add_list_options(CLI::App& command, ListArguments& arguments) {
  auto* const limit = command.add_option("--limit", arguments.limit, "Rows of a page, 1 to 100; 20 without it");
  limit->check(CLI::Range(1, 100))->type_name("N");
  command.add_option("--cursor", arguments.cursor, "Go on behind this page, as the one before says");
  command.add_flag("--all", arguments.all, "Every page");
}

void add_filter(CLI::App& command, ListArguments& arguments, const std::string& name, const std::string& description) {
  std::string member = name.substr(2);
  for (char& c : member) {
    if (c == '-') c = '_';
  }
  command.add_option(name, arguments.filters[member], description);
}

void add_environment_option(CLI::App& command, std::string& value, const std::string& name,
                            const std::string& description) {
  command.add_option(name, value, description)
      ->check(CLI::IsMember({"production", "staging"}))
      ->type_name("ENVIRONMENT");
}

}  // namespace crewship
