// A copy of the database in one file, made while a server runs, and the way back. Both are for a process of their own
// and block it. The copy is one snapshot: what was committed before it began is in it, what came later is not. Making
// it only reads: no checkpoint, no lock that a writer waits for, but the write-ahead log is not reset meanwhile.
//
// Unless told otherwise the file also holds the master key, in a table that no server reads: whoever has the file has
// every token and secret, so it is made for its owner alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include <crewship/base/error.hpp>
#include <crewship/base/random.hpp>

namespace crewship {

struct BackupOptions {
  std::filesystem::path data_dir;
  std::filesystem::path master_key_file = {};  // empty: <data_dir>/master.key
  std::filesystem::path file;                  // must not exist
  bool with_key = true;
  std::function<void(int percent)> on_progress = {};
};
Result<> back_up(const BackupOptions& options, Random& random);

struct RestoreOptions {
  std::filesystem::path file;
  std::filesystem::path data_dir;
  std::filesystem::path master_key_file = {};  // of a backup without the key
  bool force = false;                          // what is there is kept as *.replaced
};
// True when the key was in the backup and is now in <data_dir>/master.key. Refused: a running server (also by force), a
// folder that is in use, a damaged file, a newer schema, a missing or wrong key; then the folder is as it was.
Result<bool> restore_backup(const RestoreOptions& options, Random& random);

}  // namespace crewship
