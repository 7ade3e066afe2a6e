// crewshipd deliveries …
#include <CLI/CLI.hpp>

#include <crewship/client/table.hpp>

#include "client.hpp"
#include "delivery_columns.hpp"
#include "recover.hpp"

namespace crewship {
namespace {

const std::vector<Column> columns{{"ID", "id"},
                                  {"STATUS", "status"},
                                  {"EVENT", "event"},
                                  {"RUN", "run_id"},
                                  {"WEBHOOK", "outgoing_webhook_name"},
                                  {"ATTEMPTS", "attempt_count"},
                                  {"CREATED", "created_at", Show::time},
                                  {"NEXT", "next_attempt_at", Show::time},
                                  {"LAST ANSWER", "last_answer"}};
const std::vector<Column> attempt_columns{{"ATTEMPT", "number"}, {"ID", "id"},
                                          {"STATUS", "status"},  {"ANSWER", "response_status"},
                                          {"MS", "duration_ms"}, {"STARTED", "started_at", Show::time},
                                          {"ERROR", "error"}};

struct Arguments {
  ListArguments list;
  std::string delivery;
  std::string webhook;
  RecoverArguments recover;
};

std::string path_of(const Arguments& arguments) { return "/v1/deliveries/" + percent_encoded(arguments.delivery); }

// How the last attempt went, in a word or two.
Json with_last_answer(Json delivery) {
  const Json attempts = delivery.value("attempts", Json::array());
  delivery["attempt_count"] = attempts.size();
  if (attempts.empty()) return delivery;
  const Json* last = &attempts.front();
  for (const auto& attempt : attempts) {
    if (attempt.value("number", 0) > last->value("number", 0)) last = &attempt;
  }
  const std::string error = text_at(*last, "error");
  delivery["last_answer"] = error.empty() ? text_at(*last, "response_status") : error;
  return delivery;
}

Result<> list_deliveries(Client& client, const Arguments& arguments) {
  ListArguments narrowed = arguments.list;
  if (auto& deployment = narrowed.filters["deployment"]; !deployment.empty()) {
    auto id = client.deployment_id(deployment);
    if (!id) return std::unexpected(id.error());
    narrowed.filters["deployment_id"] = *std::move(id);
  }
  narrowed.filters["outgoing_webhook_id"] = narrowed.filters["webhook"];
  narrowed.filters["run_id"] = narrowed.filters["run"];
  for (const char* own : {"deployment", "webhook", "run"}) narrowed.filters.erase(own);
  return list(client, "/v1/deliveries", narrowed, "deliveries", columns, with_last_answer);
}

Result<> show(Client& client, const Arguments& arguments) {
  const auto answer = client.api().get(path_of(arguments));
  if (!answer) return std::unexpected(answer.error());
  if (auto shown = client.show_one(*answer, delivery_fields()); !shown || client.json()) return shown;
  const auto delivery = read_json(answer->body);
  if (!delivery) return {};
  const Json attempts = delivery->value("attempts", Json::array());
  if (!attempts.empty()) {
    client.print("\n");
    client.show_rows({attempts.begin(), attempts.end()}, attempt_columns);
  }
  client.print("\n" + field_list({{"body", text_at(*delivery, "request_body")}}));
  return {};
}

Result<> redeliver(Client& client, const Arguments& arguments) {
  return client.call_and_show("POST", path_of(arguments) + "/redeliver", "", delivery_fields());
}

Result<> recover_failed(Client& client, const Arguments& arguments) {
  return recover(client, arguments.webhook, arguments.recover);
}

}  // namespace

void add_delivery_commands(CommandSet& commands) {
  CLI::App& group = commands.group(commands.program(), "deliveries", "What was sent, and what is to be sent again");
  const auto arguments = std::make_shared<Arguments>();
  const auto add = [&](const char* name, const char* description, std::initializer_list<std::string_view> examples,
                       Result<> (*action)(Client&, const Arguments&)) -> CLI::App& {
    return commands.command(group, name, description, examples,
                            [arguments, action](Client& client) { return action(client, *arguments); });
  };
  const auto takes_delivery = [&](CLI::App& command) {
    command.add_option("DELIVERY", arguments->delivery, "Its id, dlv_…")->required();
  };

  CLI::App& listing =
      add("list", "List deliveries, newest first",
          {"deliveries list --status failed", "deliveries list --run run_… --output json"}, list_deliveries);
  add_filter(listing, arguments->list, "--status", "pending, succeeded or failed");
  add_filter(listing, arguments->list, "--event", "run.succeeded, run.failed or webhook.test");
  add_filter(listing, arguments->list, "--deployment", "Only of this one, by id or name");
  add_filter(listing, arguments->list, "--environment", "production or staging");
  add_filter(listing, arguments->list, "--webhook", "Only of this outgoing webhook, owh_…");
  add_filter(listing, arguments->list, "--run", "Only of this run, run_…");
  add_list_options(listing, arguments->list);
  takes_delivery(add("show", "Show one with its attempts and its body", {"deliveries show dlv_…"}, show));
  takes_delivery(add("redeliver", "Send one again under the same id", {"deliveries redeliver dlv_…"}, redeliver));
  CLI::App& recovering = add("recover", "Send again all that failed since a time",
                             {"deliveries recover owh_… --since 2h --dry-run"}, recover_failed);
  recovering.add_option("WEBHOOK", arguments->webhook, "The outgoing webhook's id, owh_…")->required();
  add_recover_options(recovering, arguments->recover);
}

}  // namespace crewship
