// Watches for a hang-up of the caller as long as it lives. Loop thread only.
#pragma once

#include <functional>
#include <utility>

#include <crewship/base/caller.hpp>
#include <crewship/base/error.hpp>

namespace crewship {

class CallerWatch {
 public:
  CallerWatch(Caller& caller, std::function<void()> gone) : caller_(caller) { caller_.watch(std::move(gone)); }
  ~CallerWatch() { caller_.unwatch(); }
  CallerWatch(const CallerWatch&) = delete;
  CallerWatch& operator=(const CallerWatch&) = delete;

 private:
  Caller& caller_;
};

// The outcome for somebody who will not read it.
inline std::unexpected<Error> caller_gone() {
  return fail(ErrorKind::unavailable, "caller_gone", "The caller hung up while waiting for the run to start.");
}
inline bool is_caller_gone(const Error& error) { return error.code == "caller_gone"; }

}  // namespace crewship
