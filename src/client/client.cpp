#include "client.hpp"

#include <cstdio>

#include <unistd.h>

#include <crewship/base/ids.hpp>
#include <crewship/base/time_format.hpp>
#include <crewship/client/printable.hpp>
#include <crewship/client/table.hpp>

namespace crewship {
namespace {

std::unexpected<Error> strange_answer(const ApiClient& api) {
  return fail(ErrorKind::internal, "strange_answer",
              "What " + api.server() + " answered is not what a crewshipd answers. Is the URL right?");
}

std::string joined(const Json& list) {
  std::string text;
  for (const auto& item : list) {
    if (!text.empty()) text += " ";
    text += item.is_string() ? item.get<std::string>() : json_text(item);
  }
  return text;
}

// "ok ok failed": the newest first, counted when alike.
std::string recent_text(const Json& list) {
  std::size_t failed = 0;
  for (const auto& status : list) failed += status == "failed" ? 1U : 0U;
  if (list.empty()) return "-";
  return std::to_string(list.size() - failed) + " of " + std::to_string(list.size());
}

}  // namespace

void Client::print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void Client::print_json(std::string_view body) {
  const std::string safe = ::isatty(STDOUT_FILENO) == 1 ? printable_json(body) : std::string(body);
  print(safe);
  if (!safe.ends_with('\n')) print("\n");
}

void Client::note(std::string_view text) {
  std::fflush(stdout);
  std::fprintf(stderr, "%s\n", printable_lines(text).c_str());
}

std::string Client::cell(const Json& row, const Column& column) const {
  const auto found = row.find(column.member);
  if (found == row.end() || found->is_null()) return "-";
  switch (column.show) {
    case Show::time:
      if (const auto time = parse_timestamp(text_at(row, column.member))) return relative_time(*time, clock_.now());
      break;
    case Show::list:
      if (found->is_array()) return joined(*found);
      break;
    case Show::recent:
      if (found->is_array()) return recent_text(*found);
      break;
    case Show::keys:
      if (found->is_object()) {
        Json names = Json::array();
        for (const auto& [name, value] : found->items()) names.push_back(name);
        return names.empty() ? "-" : joined(names);
      }
      break;
    case Show::block:
      if (found->is_structured()) return found->empty() ? json_text(*found) : json_text(*found, 2);
      break;
    case Show::text:
      break;
  }
  return text_at(row, column.member);
}

Result<> Client::show_list(const ApiAnswer& answer, std::string_view plural, const std::vector<Column>& columns) {
  if (json()) {
    print_json(answer.body);
    return {};
  }
  const auto document = read_json(answer.body);
  if (!document || !document->contains(plural)) return strange_answer(api_);
  const auto& rows = (*document)[plural];
  show_rows({rows.begin(), rows.end()}, columns);
  return {};
}

void Client::show_rows(const std::vector<Json>& rows, const std::vector<Column>& columns) {
  if (rows.empty()) return note("Nothing there.");
  std::vector<std::string> headings;
  headings.reserve(columns.size());
  for (const auto& column : columns) headings.push_back(column.heading);
  Table table(std::move(headings));
  for (const auto& row : rows) {
    std::vector<std::string> cells;
    cells.reserve(columns.size());
    for (const auto& column : columns) cells.push_back(cell(row, column));
    table.add(std::move(cells));
  }
  print(table.text());
}

Result<> Client::show_one(const ApiAnswer& answer, const std::vector<Column>& fields) {
  if (json()) {
    print_json(answer.body);
    return {};
  }
  const auto document = read_json(answer.body);
  if (!document || !document->is_object()) return strange_answer(api_);
  std::vector<std::pair<std::string, std::string>> lines;
  for (const auto& field : fields) {
    const auto found = document->find(field.member);
    if (found == document->end()) continue;  // such as a secret that is shown once
    std::string text = cell(*document, field);
    // One thing has room for the time itself as well.
    if (field.show == Show::time && found->is_string()) text = found->get<std::string>() + "  (" + text + ")";
    lines.emplace_back(field.heading, std::move(text));
  }
  print(field_list(lines));
  return {};
}

Result<> Client::call_and_show(std::string_view method, std::string_view path, std::string body,
                               const std::vector<Column>& fields) {
  const auto answer = api_.call(method, path, std::move(body));
  if (!answer) return std::unexpected(answer.error());
  return show_one(*answer, fields);
}

Result<> Client::show_done(std::string_view sentence) {
  if (!json()) print(printable(sentence) + "\n");
  return {};
}

Result<std::vector<Json>> Client::all_rows(const std::string& path, std::string_view plural) {
  std::vector<Json> rows;
  std::string cursor;
  do {
    std::string page = path + (path.contains('?') ? "&" : "?") + "limit=100";
    if (!cursor.empty()) page += "&cursor=" + percent_encoded(cursor);
    const auto answer = api_.get(page);
    if (!answer) return std::unexpected(answer.error());
    auto document = read_json(answer->body);
    if (!document || !document->contains(plural)) return strange_answer(api_);
    for (auto& row : (*document)[plural]) rows.push_back(std::move(row));
    cursor = text_at(*document, "next_cursor");
  } while (!cursor.empty());
  return rows;
}

Result<std::string> Client::deployment_id(const std::string& id_or_name) {
  if (DeploymentId::parse(id_or_name)) return id_or_name;
  const auto deployments = all_rows("/v1/deployments", "deployments");
  if (!deployments) return std::unexpected(deployments.error());
  std::vector<std::string> ids;
  for (const auto& deployment : *deployments) {
    if (text_at(deployment, "name") == id_or_name) ids.push_back(text_at(deployment, "id"));
  }
  if (ids.size() == 1) return ids.front();
  if (ids.empty()) {
    return fail(ErrorKind::not_found, "not_found", "There is no deployment with the id or name " + id_or_name + ".");
  }
  std::string message = "Several deployments have the name " + id_or_name + "; say which by its id:";
  for (const auto& id : ids) message += " " + id;
  return fail(ErrorKind::conflict, "ambiguous_name", message);
}

Result<> list(Client& client, const std::string& path, const ListArguments& arguments, std::string_view plural,
              const std::vector<Column>& columns, Json (*prepare)(Json row)) {
  std::string base = path;
  const auto add = [](std::string& target, std::string_view name, std::string_view value) {
    target += (target.contains('?') ? "&" : "?") + std::string(name) + "=" + percent_encoded(value);
  };
  for (const auto& [name, value] : arguments.filters) {
    if (!value.empty()) add(base, name, value);
  }
  if (arguments.limit || arguments.all) add(base, "limit", std::to_string(arguments.limit.value_or(100)));
  std::vector<Json> rows;
  std::string cursor = arguments.cursor;
  while (true) {
    std::string page = base;
    if (!cursor.empty()) add(page, "cursor", cursor);
    const auto answer = client.api().get(page);
    if (!answer) return std::unexpected(answer.error());
    const auto document = read_json(answer->body);
    if (!document || !document->contains(plural)) return strange_answer(client.api());
    cursor = text_at(*document, "next_cursor");
    const auto& found = (*document)[plural];
    for (const auto& row : found) rows.push_back(prepare == nullptr ? row : prepare(row));
    // A search may give up a page early, before it has found anything.
    const bool last = cursor.empty() || (!arguments.all && !rows.empty());
    if (client.json() && (arguments.all || last)) client.print_json(answer->body);
    if (last) break;
  }
  if (client.json()) return {};
  client.show_rows(rows, columns);
  if (!cursor.empty()) client.note("There are more: --all, or --cursor " + cursor);
  return {};
}

}  // namespace crewship
