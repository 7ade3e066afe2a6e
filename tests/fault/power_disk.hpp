// A disk in memory under SQLite, whose power can be cut. What was written and not yet synced is, at the cut, kept, lost
// or torn, each sector by itself and in any order; so are new names and the removal of old ones. It is SQLite's default
// file layer while it lives, so the real store uses it without knowing. One at a time; any thread.
//
// It promises what SQLite expects of a disk and of its own layer for POSIX: a sync that returned holds, and a write
// does not damage the bytes beside it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <sqlite3.h>

namespace crewship::testing_support {

class PowerDisk {
 public:
  explicit PowerDisk(std::uint64_t seed);
  ~PowerDisk();
  PowerDisk(const PowerDisk&) = delete;
  PowerDisk& operator=(const PowerDisk&) = delete;

  // The power goes in the middle of that many changes from now on; after it every call fails.
  void cut_after(std::uint64_t changes);
  void cut_now();
  bool is_cut() const;
  // Decides what the disk remembers, and lets it work again. No connection may be open.
  void power_on();
  void forget_everything();  // a new disk

  // What is on the disk now, to look at it without leaving a trace.
  struct Image;
  std::shared_ptr<const Image> save() const;
  void restore(const std::shared_ptr<const Image>& image);

  bool lies_about_syncs = false;  // a disk that no database survives

 private:
  friend struct DiskFile;
  friend struct DiskLayer;

  struct Change {
    std::size_t offset = 0;
    std::string bytes;
    std::optional<std::size_t> truncated_to;
  };
  // A file's contents, whatever it is called.
  struct Node {
    std::string now;
    std::string durable;
    std::vector<Change> unsynced;
    bool name_is_synced = false;
    // Of the running machine only.
    int shared = 0;
    const void* reserved = nullptr;
    const void* pending = nullptr;
    const void* exclusive = nullptr;
    std::vector<std::unique_ptr<char[]>> shm;
    std::array<int, SQLITE_SHM_NLOCK> shm_shared{};
    std::array<const void*, SQLITE_SHM_NLOCK> shm_exclusive{};
  };
  using Names = std::map<std::string, std::shared_ptr<Node>, std::less<>>;

  // Called before each change; false when the power is off. The one at which it goes is recorded but not synced.
  bool change_goes_on();
  void write(Node& node, std::string_view bytes, std::size_t offset);
  void truncate(Node& node, std::size_t size);
  void sync(Node& node);
  void settle(Node& node);
  static void apply(std::string& contents, const Change& change);
  bool chance(double probability) { return std::uniform_real_distribution()(random_) < probability; }

  mutable std::mutex mutex_;
  std::mt19937_64 random_;
  Names names_;
  Names durable_names_;
  std::uint64_t changes_left_ = UINT64_MAX;
  bool cut_ = false;
  sqlite3_vfs* real_;
  sqlite3_vfs vfs_{};
};

}  // namespace crewship::testing_support
