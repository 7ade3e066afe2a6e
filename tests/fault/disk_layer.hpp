// What SQLite calls: the PowerDisk as a VFS (https://www.sqlite.org/c3ref/vfs.html), with the locks and the shared
// memory of a machine that has one process.
#pragma once

#include <sqlite3.h>

#include "power_disk.hpp"

namespace crewship::testing_support {

struct DiskLayer {
  // Everything but files comes from the real layer.
  static sqlite3_vfs describe(PowerDisk& disk, sqlite3_vfs& real);

 private:
  static int open(sqlite3_vfs*, const char* name, sqlite3_file* memory, int flags, int* out_flags);
  static int remove(sqlite3_vfs*, const char* name, int sync_directory);
  static int access(sqlite3_vfs*, const char* name, int, int* result);
  static int full_name(sqlite3_vfs*, const char* name, int size, char* out);
};

}  // namespace crewship::testing_support
