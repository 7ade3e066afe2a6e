#include "faulty_calls.hpp"

#include <cerrno>
#include <fstream>
#include <new>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <crewship/base/unique_fd.hpp>

namespace crewship::testing_support {

FaultyCalls::FaultyCalls() {
  const std::string file = folder_ / "page";
  std::ofstream(file) << std::string(sizeof(CallFaultPage), '\0');
  const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  void* const memory = ::mmap(nullptr, sizeof(CallFaultPage), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), file);
  page_ = new (memory) CallFaultPage{};
}

FaultyCalls::~FaultyCalls() { ::munmap(page_, sizeof(CallFaultPage)); }

std::map<std::string, std::optional<std::string>> FaultyCalls::environment() const {
  return {{"LD_PRELOAD", CALL_FAULTS_LIBRARY}, {call_faults_variable, folder_ / "page"}};
}

void FaultyCalls::forget_counts() {
  for (CallFault& fault : page_->calls) {
    fault.calls = 0;
    fault.failed = 0;
    fault.fail_from = 0;
  }
}

void FaultyCalls::fail(CallId call, int error, std::uint64_t nth, std::uint64_t count) {
  CallFault& fault = page_->calls[call];
  fault.error = error;
  fault.fail_count = count;
  fault.failed = 0;
  fault.fail_from = fault.calls + nth;
}

std::string_view name_of(CallId call) {
#define CREWSHIP_CALL_NAME(name) #name,
  static constexpr std::array<std::string_view, number_of_calls> names{CREWSHIP_CALLS(CREWSHIP_CALL_NAME)};
#undef CREWSHIP_CALL_NAME
  return names.at(call);
}

}  // namespace crewship::testing_support
