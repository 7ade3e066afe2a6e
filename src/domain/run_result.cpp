#include <cstring>
#include <string>
#include <string_view>

#include <crewship/base/json_writer.hpp>
#include <crewship/domain/json.hpp>
#include <crewship/domain/run.hpp>

namespace crewship {
namespace {

// Enough for any message a person reads; the whole line is in the run's log.
constexpr std::size_t max_quoted_line_bytes = 4096;

std::string_view without_trailing(std::string_view text, std::string_view unwanted) {
  const auto last = text.find_last_not_of(unwanted);
  return last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
}

std::string_view without_json_space(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const auto first = text.find_first_not_of(space);
  return first == std::string_view::npos ? std::string_view{} : without_trailing(text.substr(first), space);
}

// At most `limit` bytes of valid UTF-8, cut between two characters.
std::string shortened(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  auto end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text + "…";
}

}  // namespace

std::string output_from_stdout(std::string_view text) {
  const auto json = without_json_space(text);
  if (json.empty()) return "{}";
  JsonWriter writer;
  if (const auto kind = check_json(json)) {
    if (*kind == JsonKind::object) return std::string(json);
    writer.begin_object().raw_field("result", json).end_object();
  } else {
    writer.begin_object().field("result", replace_invalid_utf8(without_trailing(text, "\r\n"))).end_object();
  }
  return writer.take();
}

std::string describe_exit(int exit_status, std::string_view last_log_line) {
  auto text = "exited with status " + std::to_string(exit_status);
  const auto line = without_trailing(last_log_line, " \t\r\n");
  if (line.empty()) return text;
  return text + ": " + shortened(replace_invalid_utf8(line), max_quoted_line_bytes);
}

std::string describe_signal(int signal) {
  auto text = "killed by signal " + std::to_string(signal);
  // Real-time signals have no name.
  if (const char* name = sigabbrev_np(signal)) text.append(" (SIG").append(name).append(")");
  return text;
}

}  // namespace crewship
