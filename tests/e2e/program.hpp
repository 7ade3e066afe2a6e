// A real program under test, or one that a test needs: started, read, signalled, waited for, and ended with the test
// however that ends.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "transcript.hpp"

namespace crewship::testing_support {

struct ProgramOptions {
  std::vector<std::string> command;
  std::map<std::string, std::optional<std::string>> environment = {};  // on top of the test's own; nothing: not set
  std::string input = {};
  std::string working_dir = {};
};

class Program {
 public:
  explicit Program(ProgramOptions options);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  Transcript& out() { return *out_; }
  Transcript& err() { return *err_; }
  void signal(int number);
  bool running() const { return !ended_within(std::chrono::milliseconds(0)); }
  bool ended_within(std::chrono::milliseconds time) const;
  // The exit status, or minus the signal that ended it. A program that outlasts all patience is killed.
  int wait();

 private:
  void collect();

  pid_t pid_ = -1;
  UniqueFd pidfd_;
  std::optional<int> status_;
  std::unique_ptr<Transcript> out_;
  std::unique_ptr<Transcript> err_;
};

struct Finished {
  int status = 0;
  std::string out;
  std::string err;
};

Finished run_program(ProgramOptions options);

// Whether the process is there and no zombie.
bool process_lives(pid_t pid);

}  // namespace crewship::testing_support
