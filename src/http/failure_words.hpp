// What an exception says of itself, for the log and never for the client.
#pragma once

#include <exception>
#include <string>

namespace crewship {

inline std::string failure_words(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception of an unknown type";
  }
}

}  // namespace crewship
