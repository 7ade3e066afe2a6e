// crewshipd verify: what is wrong with a signature, without a server.
#include <cstdio>
#include <cstdlib>

#include <crewship/app/saved_request.hpp>
#include <crewship/base/clock.hpp>
#include <crewship/base/time_format.hpp>
#include <crewship/client/input.hpp>
#include <crewship/client/printable.hpp>
#include <crewship/client/table.hpp>
#include <crewship/delivery/signing.hpp>

#include "commands.hpp"

namespace crewship {
namespace {

int wrong(std::string_view message) {
  std::fprintf(stderr, "crewshipd: %s\n", printable(message).c_str());
  return exit_wrong_use;
}

std::string verdict(const SignatureReport::Family& family) {
  if (!family.present) return "not there";
  return family.complaint.empty() ? "valid" : "INVALID: " + family.complaint;
}

std::string length_note(const SavedRequest& request) {
  const auto said = find_header(request.headers, "Content-Length");
  if (!said || *said == std::to_string(request.body.size())) return {};
  return "Content-Length says " + std::string(*said) + " bytes, but the body has " +
         std::to_string(request.body.size()) + ": it was changed or cut after it was sent";
}

}  // namespace

int verify_signature(const VerifyArguments& arguments) {
  SavedRequest request;
  if (!arguments.file.empty()) {
    const auto text = read_whole_file(arguments.file);
    if (!text) return wrong(text.error().message);
    auto parsed = parse_saved_request(*text);
    if (!parsed) return wrong(arguments.file + ": " + parsed.error().message);
    request = *std::move(parsed);
  }
  for (const auto& line : arguments.headers) {
    auto header = parse_header_line(line);
    if (!header) return wrong("--header: " + header.error().message);
    request.headers.insert(request.headers.begin(), *std::move(header));  // the first of a name counts
  }
  if (!arguments.body_file.empty()) {
    auto body = read_whole_file(arguments.body_file);
    if (!body) return wrong(body.error().message);
    request.body = *std::move(body);
  }
  if (arguments.file.empty() && (arguments.headers.empty() || arguments.body_file.empty())) {
    return wrong("give a FILE with headers and body, or --header and --body");
  }
  std::string secret = arguments.secret;
  if (const char* given = std::getenv("CREWSHIP_SECRET"); secret.empty() && given != nullptr) secret = given;
  if (secret.empty()) return wrong("give the webhook's signing secret with --secret, or in CREWSHIP_SECRET");

  WallTime now = SystemClock().now();
  if (!arguments.at.empty()) {
    const auto at = parse_timestamp(arguments.at);
    if (!at) return wrong("--at must be a time such as 2025-01-15T10:30:00Z");
    now = *at;
  }
  const auto report = examine_signature(secret, request.headers, request.body, unix_seconds(now));
  std::vector<std::pair<std::string, std::string>> lines;
  if (report.checked()) {
    lines = {{"X-Crewship-Signature", verdict(report.own)}, {"webhook-signature", verdict(report.standard)}};
  }
  if (!report.problem.empty()) lines.emplace_back("problem", report.problem);
  if (!report.warning.empty()) lines.emplace_back("but", report.warning);
  if (const std::string note = length_note(request); !note.empty() && !report.valid()) lines.emplace_back("note", note);
  std::fputs(field_list(lines).c_str(), stdout);
  return report.valid() ? 0 : exit_failed;
}

}  // namespace crewship
