// What each word of the command line does. Each returns the program's exit code.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

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
  std::filesystem::path save_to;  // empty: nowhere
};
int listen_for_deliveries(const ListenArguments& arguments);

struct VerifyArguments {
  std::string file;  // "-": stdin
  std::vector<std::string> headers;
  std::string body_file;
  std::string secret;
  std::string at;
};
int verify_signature(const VerifyArguments& arguments);

struct BackupArguments {
  std::filesystem::path file;
  std::optional<std::filesystem::path> config_file;
  std::optional<std::filesystem::path> data_dir;
  bool without_key = false;
};
int make_backup(const BackupArguments& arguments);

struct RestoreArguments {
  std::filesystem::path file;
  std::filesystem::path data_dir;
  std::filesystem::path master_key_file;
  bool force = false;
};
int restore_from_backup(const RestoreArguments& arguments);

inline constexpr int exit_failed = 1;
inline constexpr int exit_wrong_use = 2;

}  // namespace crewship
