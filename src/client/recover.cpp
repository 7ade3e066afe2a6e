#include "recover.hpp"

#include <CLI/CLI.hpp>

#include <crewship/base/json_writer.hpp>
#include <crewship/base/time_format.hpp>

namespace crewship {

void add_recover_options(CLI::App& command, RecoverArguments& arguments) {
  command.add_option("--since", arguments.since, "A time (2025-01-15T10:00:00Z) or how long ago (2h)")->required();
  command.add_flag("--dry-run", arguments.dry_run, "Only say how many it would be");
}

Result<> recover(Client& client, const std::string& webhook, const RecoverArguments& arguments) {
  std::string since = arguments.since;
  if (const auto ago = parse_duration(since)) {
    since = format_timestamp(client.clock().now() - *ago);
  } else if (!parse_timestamp(since)) {
    return wrong_use("--since must be such as 2h or 2025-01-15T10:00:00Z, not " + since + ".");
  }
  JsonWriter json;
  json.begin_object().field("since", since);
  if (arguments.dry_run) json.field("dry_run", true);
  json.end_object();
  const auto answer =
      client.api().call("POST", "/v1/outgoing-webhooks/" + percent_encoded(webhook) + "/recover", json.take());
  if (!answer) return std::unexpected(answer.error());
  return client.show_one(*answer, arguments.dry_run ? std::vector<Column>{{"would be sent again", "failed"}}
                                                    : std::vector<Column>{{"sent again", "redelivered"}});
}

}  // namespace crewship
