// The words of the command line that talk to a server: what `crewshipd` is besides the daemon. Each word is declared
// and carried out in one file of src/client. Used by the one thread of a process that serves nothing, so waiting is
// allowed. Errors: said on stderr; the exit code says whose fault it was.
#pragma once

#include <memory>
#include <string>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace crewship {

inline constexpr int exit_refused = 1;      // the server said no, the run failed, the file is wrong
inline constexpr int exit_unreachable = 3;  // no answer came

class ClientCommands {
 public:
  // Adds its words and its global options to the program, which must outlive this.
  explicit ClientCommands(CLI::App& program);
  ~ClientCommands();
  ClientCommands(const ClientCommands&) = delete;
  ClientCommands& operator=(const ClientCommands&) = delete;

  bool chosen() const;         // one of the words was on the command line
  bool options_given() const;  // one of the options was
  int run();                   // the exit code

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crewship
