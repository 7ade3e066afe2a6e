// A receiver for trying deliveries out: prints each one and says whether its signature is valid, and if not, which step
// differs. `crewshipd listen` is this; the demo has one in the same process.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <crewship/base/clock.hpp>
#include <crewship/http/message.hpp>

namespace crewship {

struct ReceiverOptions {
  std::string secret;  // empty: signatures are not checked, said so
  int answer_status = 200;
  std::function<void(std::string_view text)> print;  // whole lines
  std::function<void(const Request& request)> save = {};
};

// A `print` that writes to the standard output and flushes it.
void print_to_screen(std::string_view text);

Handler make_receiver(const Clock& clock, std::shared_ptr<const ReceiverOptions> options);

}  // namespace crewship
