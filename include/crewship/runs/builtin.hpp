// Handlers and functions compiled into the program, registered by name before the App starts. `echo` is always there;
// programs that link the library register their own. A handler runs on the loop: it must not block. Terminal
// cancellation (time limit, cancel) makes what it waits for throw operation_aborted. A function is called on any
// thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include <crewship/base/asio.hpp>
#include <crewship/base/error.hpp>
#include <crewship/domain/run.hpp>

namespace crewship {

struct BuiltinCall {
  RunId run_id;
  DeploymentId deployment_id;
  std::int64_t version_number = 0;
  Environment environment = Environment::production;
  std::map<std::string, std::string> env;
  std::string input;                                   // JSON object text
  std::function<void(std::string_view)> log_line{};    // one line of the run's log
  std::function<void(std::string_view)> event_line{};  // {"type","data"}, as a program writes it to CREWSHIP_EVENTS_FD
};

// The output as text, treated as a program's stdout; an error's message becomes the run's error_message.
using BuiltinHandler = std::function<Task<Result<std::string>>(BuiltinCall)>;

// Makes its output of the input alone, at once and without an effect anywhere else, so that its run starts and ends in
// one transaction.
using BuiltinFunction = std::function<Result<std::string>(const std::string& input)>;

class BuiltinRegistry {
 public:
  BuiltinRegistry();  // with echo
  // A name that is taken is taken over.
  void add(std::string name, BuiltinHandler handler);
  void add_function(std::string name, BuiltinFunction function);
  bool contains(std::string_view name) const;
  const BuiltinHandler* find(std::string_view name) const;
  const BuiltinFunction* find_function(std::string_view name) const;

 private:
  std::map<std::string, std::variant<BuiltinHandler, BuiltinFunction>, std::less<>> builtins_;
};

}  // namespace crewship
