// crewshipd backup and crewshipd restore
#include <crewship/store/backup.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

#include <crewship/app/config.hpp>
#include <crewship/base/clock.hpp>
#include <crewship/client/printable.hpp>
#include <crewship/client/progress.hpp>

#include "commands.hpp"
#include "configuration_problems.hpp"

namespace crewship {
namespace {

int failed(const Error& error) {
  std::fprintf(stderr, "crewshipd: %s\n", printable(error.message).c_str());
  return exit_failed;
}

}  // namespace

int make_backup(const BackupArguments& arguments) {
  Config config;
  if (arguments.config_file) {
    auto loaded = load_config(*arguments.config_file);
    if (!loaded) {
      print_problems(*arguments.config_file, loaded.error());
      return exit_wrong_use;
    }
    config = *std::move(loaded);
  }
  const char* const key_file = std::getenv("CREWSHIP_MASTER_KEY_FILE");
  SystemClock clock;
  SystemRandom random;
  Progress progress("copying", clock);
  const auto done = back_up({.data_dir = arguments.data_dir.value_or(config.data_dir),
                             .master_key_file = key_file == nullptr ? "" : key_file,
                             .file = arguments.file,
                             .with_key = !arguments.without_key,
                             .on_progress = [&](int percent) { progress.show(std::to_string(percent) + " %"); }},
                            random);
  progress.clear();
  if (!done) return failed(done.error());
  std::printf("Backed up to %s\n", printable(arguments.file.string()).c_str());
  std::fputs(arguments.without_key
                 ? "The master key is not in it: without the key it cannot be restored. Keep the key apart.\n"
                 : "It holds the master key and with it every token and secret: keep it as safe as the server.\n",
             stderr);
  return 0;
}

int restore_from_backup(const RestoreArguments& arguments) {
  SystemRandom random;
  const auto restored = restore_backup({.file = arguments.file,
                                        .data_dir = arguments.data_dir,
                                        .master_key_file = arguments.master_key_file,
                                        .force = arguments.force},
                                       random);
  if (!restored) return failed(restored.error());
  std::printf("Restored to %s\n", printable(arguments.data_dir.string()).c_str());
  if (!*restored) {
    std::fprintf(stderr, "Start the server with CREWSHIP_MASTER_KEY_FILE=%s: the key was not copied to the folder.\n",
                 printable(arguments.master_key_file.string()).c_str());
  }
  return 0;
}

}  // namespace crewship
