#include <crewship/runs/builtin.hpp>

#include <stdexcept>

namespace crewship {
namespace {

Task<Result<std::string>> echo(BuiltinCall call) { co_return std::move(call.input); }

}  // namespace

BuiltinRegistry::BuiltinRegistry() { add("echo", echo); }

void BuiltinRegistry::add(std::string name, BuiltinHandler handler) {
  if (!handler) throw std::invalid_argument("builtin handler " + name + " is empty");
  handlers_.insert_or_assign(std::move(name), std::move(handler));
}

const BuiltinHandler* BuiltinRegistry::find(std::string_view name) const {
  const auto found = handlers_.find(name);
  return found == handlers_.end() ? nullptr : &found->second;
}

}  // namespace crewship
