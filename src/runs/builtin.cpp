#include <crewship/runs/builtin.hpp>

#include <stdexcept>

namespace crewship {
namespace {

Result<std::string> echo(const std::string& input) { return input; }

template <class Builtin>
Builtin checked(const std::string& name, Builtin builtin) {
  if (!builtin) throw std::invalid_argument("builtin " + name + " is empty");
  return builtin;
}

template <class Builtin, class Builtins>
const Builtin* find_in(const Builtins& builtins, std::string_view name) {
  const auto found = builtins.find(name);
  return found == builtins.end() ? nullptr : std::get_if<Builtin>(&found->second);
}

}  // namespace

BuiltinRegistry::BuiltinRegistry() { add_function("echo", echo); }

void BuiltinRegistry::add(std::string name, BuiltinHandler handler) {
  auto builtin = checked(name, std::move(handler));
  builtins_.insert_or_assign(std::move(name), std::move(builtin));
}

void BuiltinRegistry::add_function(std::string name, BuiltinFunction function) {
  auto builtin = checked(name, std::move(function));
  builtins_.insert_or_assign(std::move(name), std::move(builtin));
}

bool BuiltinRegistry::contains(std::string_view name) const { return builtins_.contains(name); }

const BuiltinHandler* BuiltinRegistry::find(std::string_view name) const {
  return find_in<BuiltinHandler>(builtins_, name);
}

const BuiltinFunction* BuiltinRegistry::find_function(std::string_view name) const {
  return find_in<BuiltinFunction>(builtins_, name);
}

}  // namespace crewship
