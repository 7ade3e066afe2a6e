// Calls as callers make them: with curl. A call can be under way while the test does other things. Whatever the daemon
// answers is held against docs/openapi.yaml.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "program.hpp"

namespace crewship::testing_support {

using Json = nlohmann::json;

// The text of a member that must be there.
inline std::string at(const Json& object, const char* name) { return object.at(name).get<std::string>(); }

struct Call {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers = {};
  std::optional<std::string> body = {};
  std::vector<std::string> more = {};  // further arguments of curl
};

struct Answer {
  int status = 0;  // 0: curl failed
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string complaint;  // curl's

  std::string header(std::string_view name) const;
  Json json() const;               // null when the body is none
  std::string error_code() const;  // error.code of an error's body
};

// Takes apart what `curl -i` prints, interim answers skipped.
Answer parse_answer(std::string_view text);

class PendingCall {
 public:
  explicit PendingCall(const Call& call);
  Answer answer();  // waits for it
  void hang_up() { curl_.signal(9); }

 private:
  std::string method_;
  std::string target_;
  Program curl_;
};

Answer curl(const Call& call);

}  // namespace crewship::testing_support
