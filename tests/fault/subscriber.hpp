// Somebody's server that keeps book of what reached it. Paths: /ok answers 200, /flaky now and then 500, /dead always
// 500. Any thread.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include <e2e/receiver.hpp>

#include "ledger.hpp"

namespace crewship::testing_support {

struct Reached {
  std::string path;
  std::string event;
  std::string run_id;
  std::string body;
  std::size_t requests = 0;
  std::size_t answered_ok = 0;
};

class Subscriber {
 public:
  Subscriber();
  std::string url(std::string_view path) const { return receiver_.url(path); }
  std::map<std::string, Reached> deliveries() const;  // by delivery id
  Violations violations() const;

 private:
  std::string answer(const Received& request);

  mutable std::mutex mutex_;
  std::map<std::string, Reached> deliveries_;
  std::map<std::string, std::string> event_of_run_;
  Violations violations_;
  Receiver receiver_;
};

}  // namespace crewship::testing_support
