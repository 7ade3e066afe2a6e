// What each word of the command line does. Each returns the program's exit code.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <crewship/runs/builtin.hpp>

namespace crewship {

struct ServeArguments {
  std::optional<std::filesystem::path> config_file;
  std::optional<std::string> listen;
  std::optional<std::filesystem::path> data_dir;
  bool demo = false;
};
int serve(const ServeArguments& arguments, BuiltinRegistry builtins);

int check_config(const std::filesystem::path& file);

struct ListenArguments {
  std::string listen = "127.0.0.1:9000";
  std::string secret;
  int answer_status = 200;
};
int listen_for_deliveries(const ListenArguments& arguments);

inline constexpr int exit_failed = 1;
inline constexpr int exit_wrong_use = 2;

}  // namespace crewship
