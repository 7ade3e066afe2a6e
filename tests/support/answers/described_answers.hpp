// Holds answers of the daemon against docs/openapi.yaml, so that whatever a test asks for also shows that the document
// is right: that the status is one that is described, and the body what its schema says, without a field that is not
// described. Event streams and other texts are not looked into. Any thread; the document is read once.
#pragma once

#include <string>
#include <string_view>

namespace crewship::testing_support {

struct AnswerToCheck {
  std::string_view method;
  std::string_view target;  // path and query
  int status = 0;
  std::string_view content_type;
  std::string_view body;
};

// In words what differs from the document; empty when nothing does, or when the path is none of the API's.
std::string undescribed(const AnswerToCheck& answer);

}  // namespace crewship::testing_support
