#include "disk_layer.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace crewship::testing_support {

// Made in memory that SQLite gives, ended by close().
struct DiskFile : sqlite3_file {
  PowerDisk* disk = nullptr;
  std::shared_ptr<PowerDisk::Node> node;
  int level = SQLITE_LOCK_NONE;
  unsigned shm_shared = 0;  // bits: the locks that this connection holds
  unsigned shm_exclusive = 0;

  static DiskFile& of(sqlite3_file* file) { return *static_cast<DiskFile*>(file); }
  static const sqlite3_io_methods& methods();

  // Each of these answers whether the power is on.
  static int close(sqlite3_file* file) {
    DiskFile& self = of(file);
    self.unlock_to(SQLITE_LOCK_NONE);
    self.drop_shm_locks();
    self.~DiskFile();
    return SQLITE_OK;
  }

  static int read(sqlite3_file* file, void* to, int amount, sqlite3_int64 at) {
    const DiskFile& self = of(file);
    const std::lock_guard lock(self.disk->mutex_);
    if (self.disk->cut_) return SQLITE_IOERR_READ;
    const std::string& contents = self.node->now;
    const auto offset = std::min(static_cast<std::size_t>(at), contents.size());
    const auto wanted = static_cast<std::size_t>(amount);
    const auto there = std::min(wanted, contents.size() - offset);
    std::memcpy(to, contents.data() + offset, there);
    std::memset(static_cast<char*>(to) + there, 0, wanted - there);
    return there == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
  }

  static int write(sqlite3_file* file, const void* from, int amount, sqlite3_int64 at) {
    const DiskFile& self = of(file);
    const std::lock_guard lock(self.disk->mutex_);
    if (!self.disk->change_goes_on()) return SQLITE_IOERR_WRITE;
    self.disk->write(*self.node, {static_cast<const char*>(from), static_cast<std::size_t>(amount)},
                     static_cast<std::size_t>(at));
    return self.disk->cut_ ? SQLITE_IOERR_WRITE : SQLITE_OK;
  }

  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    const DiskFile& self = of(file);
    const std::lock_guard lock(self.disk->mutex_);
    if (!self.disk->change_goes_on()) return SQLITE_IOERR_TRUNCATE;
    self.disk->truncate(*self.node, static_cast<std::size_t>(size));
    return self.disk->cut_ ? SQLITE_IOERR_TRUNCATE : SQLITE_OK;
  }

  static int sync(sqlite3_file* file, int) {
    const DiskFile& self = of(file);
    const std::lock_guard lock(self.disk->mutex_);
    if (!self.disk->change_goes_on() || self.disk->cut_) return SQLITE_IOERR_FSYNC;
    self.disk->sync(*self.node);
    return SQLITE_OK;
  }

  static int size(sqlite3_file* file, sqlite3_int64* size) {
    const DiskFile& self = of(file);
    const std::lock_guard lock(self.disk->mutex_);
    *size = static_cast<sqlite3_int64>(self.node->now.size());
    return self.disk->cut_ ? SQLITE_IOERR_FSTAT : SQLITE_OK;
  }

  static int lock(sqlite3_file* file, int wanted) {
    DiskFile& self = of(file);
    const std::lock_guard lock(self.disk->mutex_);
    PowerDisk::Node& node = *self.node;
    if (wanted <= self.level) return SQLITE_OK;
    const auto others = [&self](const void* holder) { return holder != nullptr && holder != &self; };
    if (others(node.exclusive)) return SQLITE_BUSY;
    if (wanted == SQLITE_LOCK_SHARED) {
      if (others(node.pending)) return SQLITE_BUSY;
      ++node.shared;
    } else if (wanted == SQLITE_LOCK_RESERVED) {
      if (others(node.reserved)) return SQLITE_BUSY;
      node.reserved = &self;
    } else {
      if (others(node.pending) || others(node.reserved)) return SQLITE_BUSY;
      node.pending = &self;
      if (node.shared > 1) {
        self.level = SQLITE_LOCK_PENDING;
        return SQLITE_BUSY;
      }
      node.exclusive = &self;
    }
    self.level = wanted;
    return SQLITE_OK;
  }

  static int unlock(sqlite3_file* file, int wanted) {
    of(file).unlock_to(wanted);
    return SQLITE_OK;
  }

  void unlock_to(int wanted) {
    const std::lock_guard lock(disk->mutex_);
    if (level <= wanted) return;
    for (const void** holder : {&node->exclusive, &node->pending, &node->reserved}) {
      if (*holder == this) *holder = nullptr;
    }
    if (wanted == SQLITE_LOCK_NONE) --node->shared;
    level = wanted;
  }

  static int is_reserved(sqlite3_file* file, int* result) {
    const DiskFile& self = of(file);
    const std::lock_guard lock(self.disk->mutex_);
    *result = self.node->reserved != nullptr ? 1 : 0;
    return SQLITE_OK;
  }

  static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sector_size(sqlite3_file*) { return 4096; }
  static int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

  static int shm_map(sqlite3_file* file, int region, int bytes, int extend, void volatile** out) {
    const DiskFile& self = of(file);
    const std::lock_guard lock(self.disk->mutex_);
    auto& regions = self.node->shm;
    *out = nullptr;
    while (std::cmp_less_equal(regions.size(), region)) {
      if (extend == 0) return SQLITE_OK;
      regions.push_back(std::make_unique<char[]>(static_cast<std::size_t>(bytes)));
    }
    *out = regions[static_cast<std::size_t>(region)].get();
    return SQLITE_OK;
  }

  static int shm_lock(sqlite3_file* file, int first, int count, int flags) {
    DiskFile& self = of(file);
    const std::lock_guard lock(self.disk->mutex_);
    PowerDisk::Node& node = *self.node;
    const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    const auto slots = [&](const auto& look) {
      for (auto i = static_cast<unsigned>(first); i < static_cast<unsigned>(first + count); ++i) look(i);
    };
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
      slots([&](unsigned i) { self.release_shm(i); });
      return SQLITE_OK;
    }
    bool busy = false;
    slots([&](unsigned i) {
      const bool mine = (self.shm_shared & (1U << i)) != 0;
      const bool taken = node.shm_exclusive[i] != nullptr && node.shm_exclusive[i] != &self;
      busy = busy || taken || (exclusive && node.shm_shared[i] > (mine ? 1 : 0));
    });
    if (busy) return SQLITE_BUSY;
    slots([&](unsigned i) {
      if (exclusive) {
        node.shm_exclusive[i] = &self;
        self.shm_exclusive |= 1U << i;
      } else if ((self.shm_shared & (1U << i)) == 0) {
        ++node.shm_shared[i];
        self.shm_shared |= 1U << i;
      }
    });
    return SQLITE_OK;
  }

  // With the disk's mutex held.
  void release_shm(unsigned slot) {
    const unsigned bit = 1U << slot;
    if ((shm_shared & bit) != 0) --node->shm_shared[slot];
    if ((shm_exclusive & bit) != 0) node->shm_exclusive[slot] = nullptr;
    shm_shared &= ~bit;
    shm_exclusive &= ~bit;
  }

  void drop_shm_locks() {
    const std::lock_guard lock(disk->mutex_);
    for (unsigned slot = 0; slot < SQLITE_SHM_NLOCK; ++slot) release_shm(slot);
  }

  static void shm_barrier(sqlite3_file* file) { const std::lock_guard lock(of(file).disk->mutex_); }

  static int shm_unmap(sqlite3_file* file, int remove) {
    DiskFile& self = of(file);
    self.drop_shm_locks();
    const std::lock_guard lock(self.disk->mutex_);
    if (remove != 0) self.node->shm.clear();
    return SQLITE_OK;
  }
};

const sqlite3_io_methods& DiskFile::methods() {
  static const sqlite3_io_methods all = [] {
    sqlite3_io_methods m{};
    m.iVersion = 2;
    m.xClose = close;
    m.xRead = read;
    m.xWrite = write;
    m.xTruncate = truncate;
    m.xSync = sync;
    m.xFileSize = size;
    m.xLock = lock;
    m.xUnlock = unlock;
    m.xCheckReservedLock = is_reserved;
    m.xFileControl = control;
    m.xSectorSize = sector_size;
    m.xDeviceCharacteristics = characteristics;
    m.xShmMap = shm_map;
    m.xShmLock = shm_lock;
    m.xShmBarrier = shm_barrier;
    m.xShmUnmap = shm_unmap;
    return m;
  }();
  return all;
}

sqlite3_vfs DiskLayer::describe(PowerDisk& disk, sqlite3_vfs& real) {
  sqlite3_vfs vfs = real;
  vfs.zName = "power";
  vfs.pAppData = &disk;
  vfs.szOsFile = static_cast<int>(sizeof(DiskFile));
  vfs.xOpen = open;
  vfs.xDelete = remove;
  vfs.xAccess = access;
  vfs.xFullPathname = full_name;
  return vfs;
}

namespace {
PowerDisk& disk_of(sqlite3_vfs* vfs) { return *static_cast<PowerDisk*>(vfs->pAppData); }
}  // namespace

int DiskLayer::open(sqlite3_vfs* vfs, const char* name, sqlite3_file* memory, int flags, int* out_flags) {
  auto* const file = new (memory) DiskFile;
  file->pMethods = nullptr;
  PowerDisk& disk = disk_of(vfs);
  const std::lock_guard lock(disk.mutex_);
  std::shared_ptr<PowerDisk::Node> node;
  if (name == nullptr) {
    node = std::make_shared<PowerDisk::Node>();  // SQLite's own, without a name
  } else if (const auto found = disk.names_.find(name); found != disk.names_.end()) {
    node = found->second;
  } else if ((flags & SQLITE_OPEN_CREATE) != 0 && disk.change_goes_on()) {
    node = disk.names_[name] = std::make_shared<PowerDisk::Node>();
    // The store makes the empty file, and syncs its folder, before SQLite sees it.
    if ((flags & SQLITE_OPEN_MAIN_DB) != 0) disk.durable_names_[name] = node;
  }
  if (disk.cut_ || !node) {
    file->~DiskFile();
    static_cast<sqlite3_file*>(memory)->pMethods = nullptr;
    return SQLITE_CANTOPEN;
  }
  file->disk = &disk;
  file->node = std::move(node);
  file->pMethods = &DiskFile::methods();
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int DiskLayer::remove(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  PowerDisk& disk = disk_of(vfs);
  const std::lock_guard lock(disk.mutex_);
  if (!disk.change_goes_on()) return SQLITE_IOERR_DELETE;
  if (disk.names_.erase(name) == 0) return SQLITE_IOERR_DELETE_NOENT;
  if (disk.cut_) return SQLITE_IOERR_DELETE;
  if (sync_directory != 0 && !disk.lies_about_syncs) disk.durable_names_.erase(name);
  return SQLITE_OK;
}

int DiskLayer::access(sqlite3_vfs* vfs, const char* name, int, int* result) {
  PowerDisk& disk = disk_of(vfs);
  const std::lock_guard lock(disk.mutex_);
  *result = disk.names_.contains(name) ? 1 : 0;
  return disk.cut_ ? SQLITE_IOERR_ACCESS : SQLITE_OK;
}

int DiskLayer::full_name(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

}  // namespace crewship::testing_support
