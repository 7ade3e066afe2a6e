#include <crewship/store/backup.hpp>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <crewship/base/crypto.hpp>

#include "connection.hpp"
#include "data_dir.hpp"
#include "master_key.hpp"
#include "schema.hpp"

namespace crewship {
namespace {

namespace fs = std::filesystem;

constexpr int pages_of_a_step = 1024;
constexpr const char* key_table = "crewshipd_backup";

Error copy_failed(const SQLite::Exception& exception, const fs::path& file) {
  return Error{.kind = ErrorKind::internal,
               .code = "backup_failed",
               .message = file.string() + ": " + exception.getErrorStr() + "."};
}

Result<> make_empty_file(const fs::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return std::unexpected(file_error("create", file, errno));
  return {};
}

Result<> sync_file(const fs::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return std::unexpected(file_error("sync", file, errno));
  return {};
}

// Gone with its owner, unless it got its real name before.
class Draft {
 public:
  explicit Draft(fs::path file) : file_(std::move(file)) {}
  ~Draft() {
    std::error_code ignored;  // it may be renamed already
    for (const char* rest : {"", "-journal"}) fs::remove(file_.string() + rest, ignored);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  const fs::path& file() const { return file_; }

  Result<> become(const fs::path& name) {
    if (auto synced = sync_file(file_); !synced) return synced;
    std::error_code error;
    fs::rename(file_, name, error);
    if (error) return std::unexpected(file_error("create", name, error.value()));
    return sync_directory(name.parent_path());
  }

 private:
  fs::path file_;
};

// All steps see one snapshot: the transaction that is open on the source holds it.
void copy_pages(SQLite::Database& target, SQLite::Database& source, const std::function<void(int)>& on_progress) {
  source.exec("BEGIN");
  source.execAndGet("SELECT count(*) FROM sqlite_master");
  {
    SQLite::Backup backup(target, source);
    while (backup.executeStep(pages_of_a_step) != SQLITE_DONE) {
      if (on_progress)
        on_progress(100 - 100 * backup.getRemainingPageCount() / std::max(1, backup.getTotalPageCount()));
    }
  }
  source.exec("COMMIT");
  target.exec("PRAGMA journal_mode=DELETE");  // one file without a log beside it
}

Result<> check_integrity(SQLite::Database& database, const fs::path& file) {
  const std::string found = database.execAndGet("PRAGMA integrity_check(1)").getString();
  if (found == "ok") return {};
  return fail(ErrorKind::internal, "backup_damaged", file.string() + " is damaged: " + found + ".");
}

std::optional<std::string> key_in(SQLite::Database& backup) {
  if (!backup.tableExists(key_table)) return std::nullopt;
  SQLite::Statement select(backup, "SELECT value FROM crewshipd_backup WHERE name = 'master_key'");
  if (!select.executeStep()) return std::nullopt;
  return select.getColumn(0).getString();
}

bool is_used(const fs::path& directory) {
  return fs::exists(directory / "crewship.db") || fs::exists(directory / "master.key");
}

// The log goes first: beside another database it would be taken for that one's.
Result<> put_aside(const fs::path& directory) {
  for (const char* name : {"crewship.db-wal", "crewship.db-shm", "crewship.db", "master.key", "admin.key"}) {
    const fs::path file = directory / name;
    std::error_code error;
    if (!fs::exists(file, error)) continue;
    fs::rename(file, file.string() + ".replaced", error);
    if (error) return std::unexpected(file_error("rename", file, error.value()));
  }
  return sync_directory(directory);
}

Result<std::string> key_for(SQLite::Database& backup, const RestoreOptions& options, Random& random) {
  if (!options.master_key_file.empty()) {
    return load_master_key(options.master_key_file, options.data_dir, /*database_exists=*/true, random);
  }
  if (auto key = key_in(backup)) return *std::move(key);
  return fail(ErrorKind::invalid, "no_master_key",
              "The backup was made without the master key. Give the key's file with --master-key-file.");
}

}  // namespace

Result<> back_up(const BackupOptions& options, Random& random) {
  const fs::path database = options.data_dir / "crewship.db";
  std::error_code error;
  if (!fs::exists(database, error)) {
    return fail(ErrorKind::not_found, "no_database", "There is no database in " + options.data_dir.string() + ".");
  }
  if (fs::exists(options.file, error)) {
    return fail(ErrorKind::conflict, "file_exists", options.file.string() + " exists; give a new name.");
  }
  const auto key = load_master_key(options.master_key_file, options.data_dir, /*database_exists=*/true, random);
  if (!key) return std::unexpected(key.error());
  const std::string partial = options.file.string() + ".partial";
  fs::remove(partial, error);  // of one that was interrupted
  if (auto made = make_empty_file(partial); !made) return made;
  Draft draft(partial);
  try {
    SQLite::Database source = open_reading_connection(database);
    if (const auto version = schema_version(source, migrations()); !version) return std::unexpected(version.error());
    if (auto fits = check_master_key(source, Sealer(*key, random)); !fits) return fits;
    SQLite::Database target(draft.file().string(), SQLite::OPEN_READWRITE);
    copy_pages(target, source, options.on_progress);
    target.exec("CREATE TABLE crewshipd_backup(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID");
    if (options.with_key) {
      SQLite::Statement insert(target, "INSERT INTO crewshipd_backup(name, value) VALUES('master_key', ?)");
      insert.bind(1, key->data(), static_cast<int>(key->size()));
      insert.exec();
    }
  } catch (const SQLite::Exception& exception) {
    return std::unexpected(copy_failed(exception, database));
  }
  return draft.become(options.file);
}

Result<bool> restore_backup(const RestoreOptions& options, Random& random) {
  std::error_code error;
  if (!fs::exists(options.file, error)) {
    return fail(ErrorKind::not_found, "no_backup", "There is no file " + options.file.string() + ".");
  }
  if (!options.force && is_used(options.data_dir)) {
    return fail(ErrorKind::conflict, "data_dir_used",
                options.data_dir.string() + " already holds a database. Restore to a new folder, or say --force.");
  }
  bool with_key = false;
  std::string key;
  if (auto made = make_data_dir(options.data_dir); !made) return std::unexpected(made.error());
  const auto lock = lock_data_dir(options.data_dir);
  if (!lock) return std::unexpected(lock.error());
  const fs::path draft_file = options.data_dir / "crewship.db.restored";
  fs::remove(draft_file, error);
  if (auto made = make_empty_file(draft_file); !made) return std::unexpected(made.error());
  Draft draft(draft_file);
  try {
    SQLite::Database backup(options.file.string(), SQLite::OPEN_READONLY);
    const auto version = schema_version(backup, migrations());
    if (!version) return std::unexpected(version.error());
    if (*version == 0) return fail(ErrorKind::invalid, "no_backup", options.file.string() + " is an empty database.");
    if (auto whole = check_integrity(backup, options.file); !whole) return std::unexpected(whole.error());
    auto found = key_for(backup, options, random);
    if (!found) return std::unexpected(found.error());
    key = *std::move(found);
    with_key = options.master_key_file.empty();
    if (auto fits = check_master_key(backup, Sealer(key, random)); !fits) return std::unexpected(fits.error());
    SQLite::Database target(draft.file().string(), SQLite::OPEN_READWRITE);
    copy_pages(target, backup, {});
    // The key must not stay behind in pages that are free now.
    target.exec("PRAGMA secure_delete=ON; DROP TABLE IF EXISTS crewshipd_backup");
  } catch (const SQLite::Exception& exception) {
    return std::unexpected(copy_failed(exception, options.file));
  }
  if (options.force) {
    if (auto aside = put_aside(options.data_dir); !aside) return std::unexpected(aside.error());
  }
  if (with_key) {
    if (auto written = write_new_file(options.data_dir / "master.key", to_hex(key) + "\n"); !written) {
      return std::unexpected(written.error());
    }
  }
  if (auto restored = draft.become(options.data_dir / "crewship.db"); !restored)
    return std::unexpected(restored.error());
  return with_key;
}

}  // namespace crewship
