// A request as it was written to a file: an optional first line, headers, an empty line, the body byte for byte. What
// `curl -i`, a proxy's dump and `crewshipd listen --save` have in common. Pure.
#pragma once

#include <string>
#include <string_view>

#include <crewship/base/error.hpp>
#include <crewship/http/message.hpp>

namespace crewship {

struct SavedRequest {
  Headers headers;
  std::string body;
};

// Error: invalid "invalid_request", with the number of the line that is none.
Result<SavedRequest> parse_saved_request(std::string_view text);
// "Name: value"; the same error.
Result<std::pair<std::string, std::string>> parse_header_line(std::string_view line);

std::string saved_request_text(const Request& request);

}  // namespace crewship
