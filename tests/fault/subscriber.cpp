#include "subscriber.hpp"

#include <functional>

#include <e2e/curl.hpp>

namespace crewship::testing_support {

Subscriber::Subscriber() : receiver_([this](const Received& request, std::size_t) { return answer(request); }) {}

std::map<std::string, Reached> Subscriber::deliveries() const {
  const std::lock_guard lock(mutex_);
  return deliveries_;
}

Violations Subscriber::violations() const {
  const std::lock_guard lock(mutex_);
  return violations_;
}

std::string Subscriber::answer(const Received& request) {
  const std::string id = request.header("X-Crewship-Delivery");
  const std::string event = request.header("X-Crewship-Event");
  const auto parsed = Json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  const std::string run_id = parsed.is_object() ? parsed["data"].value("run_id", "") : "";
  const auto path_begin = request.request_line.find(' ') + 1;
  const std::string path = request.request_line.substr(path_begin, request.request_line.rfind(' ') - path_begin);

  const std::lock_guard lock(mutex_);
  Reached& reached = deliveries_[id];
  if (reached.requests == 0) {
    reached = {.path = path, .event = event, .run_id = run_id, .body = request.body};
  } else if (reached.body != request.body || reached.event != event || reached.path != path) {
    violations_.push_back("I5: delivery " + id + " is not the same every time");
  }
  if (const auto [place, is_new] = event_of_run_.emplace(run_id, event); place->second != event) {
    violations_.push_back("I2: run " + run_id + " was told to have ended in two ways");
  }
  ++reached.requests;
  // Which attempts fail depends on the delivery alone, so that a test repeats.
  const bool bad_day = (std::hash<std::string>()(id) + reached.requests) % 3 == 0;
  if (path == "/dead" || (path == "/flaky" && bad_day)) return answer_with("500 Internal Server Error");
  ++reached.answered_ok;
  return answer_with("200 OK");
}

}  // namespace crewship::testing_support
