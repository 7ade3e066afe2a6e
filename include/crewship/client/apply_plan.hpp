// What has to be done so that a server becomes what a file says: the difference, as people read it and as calls of the
// API. Deployments are matched by their names, webhooks by environment and name, versions by what they are. Pure. Texts
// are JSON as `crewshipd export` writes it; the server's own also has ids.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <crewship/base/error.hpp>

namespace crewship {

enum class ChangeKind { create, update, remove };

struct ApplyStep {
  ChangeKind kind = ChangeKind::create;
  std::string what;                  // "crew: outgoing webhook results (production)"
  std::vector<std::string> details;  // what differs, a line each; no secret
  std::string method;
  std::string path;                       // with the id that the answer of an earlier step has, when there is id_of
  std::optional<std::size_t> id_of;       // the step; its id stands between path and path_rest
  std::string path_rest;                  // behind that id
  std::string body;                       // empty when there is version_of
  std::optional<std::size_t> version_of;  // the step that made the version that goes live
  std::string shown_member;               // of the answer: "secret" or "url"
};

// Errors: invalid "invalid_file" with the place in the file; conflict "ambiguous_name".
Result<std::vector<ApplyStep>> plan_apply(std::string_view wanted, std::string_view server, bool prune);

// "+ crew: version 1 …", "~ …", "- …", details indented.
std::string difference_text(const std::vector<ApplyStep>& steps);

}  // namespace crewship
