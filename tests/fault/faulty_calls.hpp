// The test's side of call_faults.hpp: makes the page, says what the daemon needs in its environment, counts and breaks.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <support/temp_dir.hpp>

#include "call_faults.hpp"

namespace crewship::testing_support {

class FaultyCalls {
 public:
  FaultyCalls();
  ~FaultyCalls();
  FaultyCalls(const FaultyCalls&) = delete;
  FaultyCalls& operator=(const FaultyCalls&) = delete;

  // For DaemonOptions.
  std::map<std::string, std::optional<std::string>> environment() const;

  void forget_counts();
  std::uint64_t calls(CallId call) const { return page_->calls[call].calls; }
  std::uint64_t failed(CallId call) const { return page_->calls[call].failed; }
  // The n-th call from now on, and as many after it as `count` says.
  void fail(CallId call, int error, std::uint64_t nth = 1, std::uint64_t count = 1);
  void fail_all(CallId call, int error) { fail(call, error, 1, UINT64_MAX / 2); }
  void mend(CallId call) { page_->calls[call].fail_from = 0; }

 private:
  TempDir folder_;
  CallFaultPage* page_ = nullptr;
};

std::string_view name_of(CallId call);

}  // namespace crewship::testing_support
