// What every command of the client works with: the server, how to show an answer, and how a command puts itself on the
// command line. A command returns the error that ends it; run() says it and makes the exit code of it.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <crewship/base/clock.hpp>
#include <crewship/base/error.hpp>

#include "answer_json.hpp"
#include "api_client.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace crewship {

enum class OutputFormat { table, json };

// How a member of an answer is shown.
enum class Show { text, time, list, keys, recent, block };
struct Column {
  std::string heading;
  std::string member;
  Show show = Show::text;
};

class Client {
 public:
  Client(ApiClient api, OutputFormat format, Clock& clock) : api_(std::move(api)), format_(format), clock_(clock) {}

  ApiClient& api() { return api_; }
  Clock& clock() const { return clock_; }
  bool json() const { return format_ == OutputFormat::json; }

  // The answer as it is, or what the columns pick from it.
  Result<> show_list(const ApiAnswer& answer, std::string_view plural, const std::vector<Column>& columns);
  void show_rows(const std::vector<Json>& rows, const std::vector<Column>& columns);
  Result<> show_one(const ApiAnswer& answer, const std::vector<Column>& fields);
  // The call and its answer.
  Result<> call_and_show(std::string_view method, std::string_view path, std::string body,
                         const std::vector<Column>& fields);
  // For answers without a body: the sentence, and nothing in JSON.
  Result<> show_done(std::string_view sentence);

  void print(std::string_view text);       // to stdout
  void print_json(std::string_view body);  // to stdout, safe for a terminal, with a line break behind it
  void note(std::string_view text);        // to stderr: what is no part of the answer

  // The id of the deployment that has this id or, alone, this name.
  Result<std::string> deployment_id(const std::string& id_or_name);
  // All rows of a list, page by page. The path may have a query.
  Result<std::vector<Json>> all_rows(const std::string& path, std::string_view plural);

 private:
  std::string cell(const Json& row, const Column& column) const;

  ApiClient api_;
  OutputFormat format_;
  Clock& clock_;
};

using Action = std::function<Result<>(Client& client)>;

// Where commands register. The action of the one that the command line names is kept.
class CommandSet {
 public:
  explicit CommandSet(CLI::App& program) : program_(program) {}
  CLI::App& program() { return program_; }
  // A word with further words below it.
  CLI::App& group(CLI::App& parent, std::string name, std::string description);
  // `examples`: command lines, without the program's name.
  CLI::App& command(CLI::App& parent, std::string name, std::string description,
                    std::initializer_list<std::string_view> examples, Action action);
  const Action& chosen() const { return chosen_; }

 private:
  CLI::App& program_;
  Action chosen_;
};

// --limit, --cursor, --all, and what else the list is narrowed by.
struct ListArguments {
  std::optional<int> limit;
  std::string cursor;
  bool all = false;
  std::map<std::string, std::string> filters = {};  // options write to its values
};
void add_list_options(CLI::App& command, ListArguments& arguments);
void add_filter(CLI::App& command, ListArguments& arguments, const std::string& name, const std::string& description);
Result<> list(Client& client, const std::string& path, const ListArguments& arguments, std::string_view plural,
              const std::vector<Column>& columns, Json (*prepare)(Json row) = nullptr);

// The option of an environment: production or staging.
void add_environment_option(CLI::App& command, std::string& value, const std::string& name = "--environment",
                            const std::string& description = "production or staging");

void add_deployment_commands(CommandSet& commands);
void add_version_commands(CommandSet& commands);
void add_webhook_commands(CommandSet& commands);
void add_incoming_webhook_commands(CommandSet& commands, CLI::App& webhooks);
void add_outgoing_webhook_commands(CommandSet& commands, CLI::App& webhooks);
void add_run_commands(CommandSet& commands);
void add_delivery_commands(CommandSet& commands);
void add_api_key_commands(CommandSet& commands);
void add_apply_commands(CommandSet& commands);

}  // namespace crewship
