// The errors that the server itself answers with, whose statuses no ErrorKind names. See error_response.cpp.
#pragma once

#include <string_view>

#include <crewship/http/message.hpp>

namespace crewship {

Response error_response(int status, std::string_view code, std::string_view message);

}  // namespace crewship
