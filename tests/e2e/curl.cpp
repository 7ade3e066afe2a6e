#include "curl.hpp"

#include <algorithm>
#include <cstdlib>

#include <strings.h>

#include <gtest/gtest.h>

#include "support/answers/described_answers.hpp"

namespace crewship::testing_support {
namespace {

std::string_view take_line(std::string_view& text) {
  const auto line = text.substr(0, text.find("\r\n"));
  text.remove_prefix(std::min(text.size(), line.size() + 2));
  return line;
}

void read_head(std::string_view& text, Answer& answer) {
  const auto status_line = take_line(text);
  const auto space = status_line.find(' ');
  answer.status = space == std::string_view::npos ? 0 : std::atoi(std::string(status_line.substr(space + 1)).c_str());
  answer.headers.clear();
  for (auto line = take_line(text); !line.empty(); line = take_line(text)) {
    const auto colon = std::min(line.find(':'), line.size());
    auto value = line.substr(std::min(line.size(), colon + 1));
    while (value.starts_with(' ')) value.remove_prefix(1);
    answer.headers.emplace_back(line.substr(0, colon), value);
  }
}

ProgramOptions command_of(const Call& call) {
  ProgramOptions program{.command = {"curl", "--silent", "--show-error", "--include", "--noproxy", "*", "--max-time",
                                     std::to_string(patience.count()), "--request", call.method}};
  auto& words = program.command;
  if (call.method == "HEAD") words.emplace_back("--head");
  for (const auto& header : call.headers) words.insert(words.end(), {"--header", header});
  if (call.body) {
    words.insert(words.end(), {"--data-binary", "@-"});
    program.input = *call.body;
  }
  words.insert(words.end(), call.more.begin(), call.more.end());
  words.push_back(call.url);
  return program;
}

std::string target_of(std::string_view url) {
  const auto host = url.find("//");
  const auto path = url.find('/', host == std::string_view::npos ? 0 : host + 2);
  return path == std::string_view::npos ? "/" : std::string(url.substr(path));
}

bool is_whole_answer_of_the_daemon(const Answer& answer) {
  return answer.status != 0 && answer.complaint.empty() && !answer.header("X-Request-Id").empty();
}

}  // namespace

std::string Answer::header(std::string_view name) const {
  for (const auto& [given, value] : headers) {
    if (given.size() == name.size() && ::strncasecmp(given.data(), name.data(), name.size()) == 0) return value;
  }
  return "";
}

Json Answer::json() const {
  auto parsed = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  return parsed.is_discarded() ? Json() : parsed;
}

std::string Answer::error_code() const {
  const Json parsed = json();
  if (!parsed.is_object() || !parsed.contains("error")) return "";
  return parsed["error"].value("code", "");
}

Answer parse_answer(std::string_view text) {
  Answer answer;
  do {
    read_head(text, answer);
  } while (answer.status / 100 == 1 && !text.empty());
  answer.body = text;
  return answer;
}

PendingCall::PendingCall(const Call& call)
    : method_(call.method), target_(target_of(call.url)), curl_(command_of(call)) {}

Answer PendingCall::answer() {
  curl_.wait();
  Answer answer = parse_answer(curl_.out().whole());
  answer.complaint = curl_.err().whole();
  if (is_whole_answer_of_the_daemon(answer)) {
    EXPECT_EQ(undescribed({.method = method_,
                           .target = target_,
                           .status = answer.status,
                           .content_type = answer.header("Content-Type"),
                           .body = answer.body}),
              "");
  }
  return answer;
}

Answer curl(const Call& call) { return PendingCall(call).answer(); }

}  // namespace crewship::testing_support
