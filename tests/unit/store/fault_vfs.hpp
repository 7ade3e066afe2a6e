// SQLite's file layer with faults on request: writes that find the disk full, syncs that fail, and a count of syncs. It
// is SQLite's default while it lives, so a store that is opened meanwhile uses it without knowing. One at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>

#include <sqlite3.h>

namespace crewship {

class FaultVfs {
 public:
  std::atomic<bool> disk_full = false;
  std::atomic<bool> sync_fails = false;
  // Of the write-ahead log.
  std::atomic<int> log_syncs = 0;  // one for each group that commits
  std::atomic<int> log_writes = 0;

  FaultVfs() : real_(sqlite3_vfs_find(nullptr)) {
    self_ = this;
    vfs_ = *real_;
    vfs_.zName = "fault";
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.xOpen = open;
    sqlite3_vfs_register(&vfs_, 1);
  }
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;
  ~FaultVfs() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_, 1);
    self_ = nullptr;
  }

 private:
  // What SQLite sees, in front of the real file in the same memory.
  struct File : sqlite3_file {
    bool is_log = false;
    sqlite3_io_methods methods{};
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };
  static File* ours(sqlite3_file* file) { return static_cast<File*>(file); }
  static sqlite3_file* real(sqlite3_file* file) { return ours(file)->real(); }

  static int open(sqlite3_vfs*, const char* name, sqlite3_file* memory, int flags, int* out_flags) {
    auto* file = new (memory) File;
    file->pMethods = nullptr;
    file->is_log = name != nullptr && std::string_view(name).ends_with("-wal");
    const int code = self_->real_->xOpen(self_->real_, name, file->real(), flags, out_flags);
    if (file->real()->pMethods == nullptr) return code;
    file->methods = forwarding_methods();
    file->methods.iVersion = 2;
    file->pMethods = &file->methods;
    return code;
  }

  static sqlite3_io_methods forwarding_methods() {
    sqlite3_io_methods m{};
    m.xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); };
    m.xRead = [](sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
      return real(f)->pMethods->xRead(real(f), to, n, at);
    };
    m.xWrite = [](sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
      if (ours(f)->is_log) ++self_->log_writes;
      return self_->disk_full ? SQLITE_FULL : real(f)->pMethods->xWrite(real(f), from, n, at);
    };
    m.xTruncate = [](sqlite3_file* f, sqlite3_int64 n) { return real(f)->pMethods->xTruncate(real(f), n); };
    m.xSync = [](sqlite3_file* f, int flags) {
      if (ours(f)->is_log) ++self_->log_syncs;
      return self_->sync_fails ? SQLITE_IOERR_FSYNC : real(f)->pMethods->xSync(real(f), flags);
    };
    m.xFileSize = [](sqlite3_file* f, sqlite3_int64* n) { return real(f)->pMethods->xFileSize(real(f), n); };
    m.xLock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); };
    m.xUnlock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); };
    m.xCheckReservedLock = [](sqlite3_file* f, int* out) {
      return real(f)->pMethods->xCheckReservedLock(real(f), out);
    };
    m.xFileControl = [](sqlite3_file* f, int op, void* arg) {
      return real(f)->pMethods->xFileControl(real(f), op, arg);
    };
    m.xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); };
    m.xDeviceCharacteristics = [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); };
    m.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
      return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
    };
    m.xShmLock = [](sqlite3_file* f, int at, int n, int flags) {
      return real(f)->pMethods->xShmLock(real(f), at, n, flags);
    };
    m.xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); };
    m.xShmUnmap = [](sqlite3_file* f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); };
    return m;
  }

  inline static FaultVfs* self_ = nullptr;
  sqlite3_vfs* real_;
  sqlite3_vfs vfs_{};
};

}  // namespace crewship
