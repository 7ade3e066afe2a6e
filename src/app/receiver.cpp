#include "receiver.hpp"

#include <cstdio>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include <crewship/base/time_format.hpp>
#include <crewship/delivery/signing.hpp>
#include <crewship/domain/json.hpp>

namespace crewship {
namespace {

// What a stranger sent is shown on a terminal: control characters would move its cursor.
std::string printable(std::string_view text) {
  std::string clean;
  for (const char c : replace_invalid_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    clean += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  return clean;
}

// One line of what matters in a run's event; the raw body when it is something else.
std::string summary(std::string_view body) {
  const auto document = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object() || !document.contains("data") || !document["data"].is_object()) {
    return printable(body.substr(0, 2000));
  }
  const auto& data = document["data"];
  std::string text;
  if (data.contains("run_id") && data["run_id"].is_string()) text += data["run_id"].get<std::string>() + "  ";
  if (data.contains("error_message") && data["error_message"].is_string()) {
    text += "error: " + data["error_message"].get<std::string>();
  } else if (data.contains("output")) {
    text += "output: " + data["output"].dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  } else {
    text += data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  return printable(text);
}

std::string signature_line(const ReceiverOptions& options, const Request& request, WallTime now) {
  if (options.secret.empty()) return "not checked (no --secret)";
  return check_signature(options.secret, request.headers, request.body, unix_seconds(now)).explanation;
}

Task<Response> receive(const Clock& clock, std::shared_ptr<const ReceiverOptions> options, Request& request) {
  const WallTime now = clock.now();
  const auto header = [&request](std::string_view name) { return printable(request.header(name).value_or("-")); };
  std::string text =
      format_timestamp(now) + "  " + header("X-Crewship-Event") + "  " + header("X-Crewship-Delivery") + "\n";
  text += "  " + summary(request.body) + "\n";
  text += "  signature: " + printable(signature_line(*options, request, now)) + "\n";
  options->print(text);
  if (options->save) options->save(request);
  co_return empty_response(options->answer_status);
}

}  // namespace

void print_to_screen(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

Handler make_receiver(const Clock& clock, std::shared_ptr<const ReceiverOptions> options) {
  return [&clock, options = std::move(options)](Request& request) { return receive(clock, options, request); };
}

}  // namespace crewship
