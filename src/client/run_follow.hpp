// A run as it happens: what its program writes is shown as it comes, until the run has ended. A connection that breaks
// off is opened again behind the last event that was seen.
#pragma once

#include <string>

#include "client.hpp"

namespace crewship {

enum class LogTarget { out, error_out };

// Takes server-sent events apart (WHATWG HTML, 9.2.6), as far as the server writes them. Pure.
class EventReader {
 public:
  struct Event {
    std::string id;
    std::string data;
  };
  // Calls back for each event that the piece completes.
  template <class F>
  void read(std::string_view piece, F on_event) {
    waiting_ += piece;
    for (auto end = waiting_.find("\n\n"); end != std::string::npos; end = waiting_.find("\n\n")) {
      Event event = parse(std::string_view(waiting_).substr(0, end));
      waiting_.erase(0, end + 2);
      if (!event.data.empty()) on_event(event);
    }
  }

 private:
  static Event parse(std::string_view block);
  std::string waiting_;
};

// The status with which the run ended. In JSON each event is a line as the server writes it.
Result<std::string> follow_run(Client& client, const std::string& run_id, LogTarget target, bool timestamps);

}  // namespace crewship
