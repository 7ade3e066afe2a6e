// Holds runs until a test lets them go: a run's script waits for a line from a named pipe.
#pragma once

#include <filesystem>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <crewship/base/unique_fd.hpp>

namespace crewship::testing_support {

class Gate {
 public:
  explicit Gate(const std::filesystem::path& file) : file_(file) {
    ::mkfifo(file.c_str(), 0600);
    pipe_ = UniqueFd(::open(file.c_str(), O_RDWR | O_CLOEXEC));  // both ends, so that neither side's open waits
  }
  // For a shell: returns when a place has been opened.
  std::string wait_command() const { return "read go < '" + file_.string() + "'"; }
  void open(int runs = 1) const {
    for (; runs > 0; --runs) static_cast<void>(!::write(pipe_.get(), "\n", 1));
  }

 private:
  std::filesystem::path file_;
  UniqueFd pipe_;
};

}  // namespace crewship::testing_support
