#include "power_disk.hpp"

#include <algorithm>

#include "disk_layer.hpp"

namespace crewship::testing_support {

struct PowerDisk::Image {
  struct Contents {
    std::string name;
    std::string bytes;
  };
  std::vector<Contents> files;
};

PowerDisk::PowerDisk(std::uint64_t seed)
    : random_(seed), real_(sqlite3_vfs_find(nullptr)), vfs_(DiskLayer::describe(*this, *real_)) {
  sqlite3_vfs_register(&vfs_, 1);
}

PowerDisk::~PowerDisk() {
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(real_, 1);
}

void PowerDisk::cut_after(std::uint64_t changes) {
  const std::lock_guard lock(mutex_);
  changes_left_ = changes;
}

void PowerDisk::cut_now() {
  const std::lock_guard lock(mutex_);
  cut_ = true;
}

bool PowerDisk::is_cut() const {
  const std::lock_guard lock(mutex_);
  return cut_;
}

void PowerDisk::power_on() {
  const std::lock_guard lock(mutex_);
  // A name that was made or removed without a sync may be there or not.
  for (const auto& [name, node] : names_) {
    if (!durable_names_.contains(name) && chance(0.5)) durable_names_[name] = node;
  }
  std::erase_if(durable_names_, [this](const auto& entry) { return !names_.contains(entry.first) && chance(0.5); });
  names_ = durable_names_;
  for (const auto& [name, node] : names_) settle(*node);
  cut_ = false;
  changes_left_ = UINT64_MAX;
}

void PowerDisk::forget_everything() {
  const std::lock_guard lock(mutex_);
  names_.clear();
  durable_names_.clear();
  cut_ = false;
  changes_left_ = UINT64_MAX;
}

std::shared_ptr<const PowerDisk::Image> PowerDisk::save() const {
  const std::lock_guard lock(mutex_);
  auto image = std::make_shared<Image>();
  for (const auto& [name, node] : names_) image->files.push_back({name, node->now});
  return image;
}

void PowerDisk::restore(const std::shared_ptr<const Image>& image) {
  const std::lock_guard lock(mutex_);
  names_.clear();
  for (const auto& [name, bytes] : image->files) {
    auto node = std::make_shared<Node>();
    node->now = node->durable = bytes;
    node->name_is_synced = true;
    names_[name] = std::move(node);
  }
  durable_names_ = names_;
}

bool PowerDisk::change_goes_on() {
  if (cut_) return false;
  if (--changes_left_ == 0) cut_ = true;
  return true;
}

// The sectors of one write have fates of their own. Both sizes that disks have are tried.
void PowerDisk::write(Node& node, std::string_view bytes, std::size_t offset) {
  const std::size_t sector = offset % 1024 == 0 && bytes.size() > 512 ? 4096 : 512;
  while (!bytes.empty()) {
    const std::size_t room = sector - offset % sector;
    const auto piece = bytes.substr(0, room);
    Change change{.offset = offset, .bytes = std::string(piece), .truncated_to = {}};
    apply(node.now, change);
    node.unsynced.push_back(std::move(change));
    offset += piece.size();
    bytes.remove_prefix(piece.size());
  }
}

void PowerDisk::truncate(Node& node, std::size_t size) {
  Change change{.offset = 0, .bytes = {}, .truncated_to = size};
  apply(node.now, change);
  node.unsynced.push_back(std::move(change));
}

void PowerDisk::sync(Node& node) {
  if (lies_about_syncs) return;
  for (const Change& change : node.unsynced) apply(node.durable, change);
  node.unsynced.clear();
  if (std::exchange(node.name_is_synced, true)) return;
  for (const auto& [name, other] : names_) {
    if (other.get() == &node) durable_names_[name] = other;
  }
}

void PowerDisk::settle(Node& node) {
  static constexpr std::array keeps{0.0, 0.1, 0.5, 0.9, 1.0};
  const double kept = keeps[random_() % keeps.size()];
  for (Change& change : node.unsynced) {
    if (!chance(kept)) continue;
    if (!change.bytes.empty() && chance(0.2)) {
      // Torn: its beginning or its end only.
      const std::size_t cut = random_() % change.bytes.size();
      if (chance(0.5)) {
        change.bytes.resize(cut);
      } else {
        change.bytes.erase(0, cut);
        change.offset += cut;
      }
    }
    apply(node.durable, change);
  }
  std::string contents = std::move(node.durable);
  node = Node();
  node.now = contents;
  node.durable = std::move(contents);
  node.name_is_synced = true;
}

void PowerDisk::apply(std::string& contents, const Change& change) {
  if (change.truncated_to) {
    if (*change.truncated_to < contents.size()) contents.resize(*change.truncated_to);
    return;
  }
  if (contents.size() < change.offset + change.bytes.size()) contents.resize(change.offset + change.bytes.size());
  std::ranges::copy(change.bytes, contents.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

}  // namespace crewship::testing_support
