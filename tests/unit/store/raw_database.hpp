// The file as another program sees it: for looking behind the store's back.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <sqlite3.h>

namespace crewship {

class RawDatabase {
 public:
  explicit RawDatabase(const std::filesystem::path& file) {
    if (sqlite3_open(file.c_str(), &handle_) != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(handle_));
    sqlite3_busy_timeout(handle_, 5000);
  }
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;
  ~RawDatabase() { sqlite3_close(handle_); }

  // The rows as text, columns separated by '|'.
  std::vector<std::string> query(const std::string& sql) {
    std::vector<std::string> rows;
    char* message = nullptr;
    sqlite3_exec(handle_, sql.c_str(), add_row, &rows, &message);
    if (message != nullptr) {
      const std::string text = message;
      sqlite3_free(message);
      throw std::runtime_error(text);
    }
    return rows;
  }
  void execute(const std::string& sql) { query(sql); }

 private:
  static int add_row(void* rows, int count, char** values, char**) {
    std::string row;
    for (int i = 0; i < count; ++i) {
      if (i > 0) row += '|';
      row += values[i] == nullptr ? "NULL" : values[i];
    }
    static_cast<std::vector<std::string>*>(rows)->push_back(row);
    return 0;
  }
  sqlite3* handle_ = nullptr;
};

inline std::string file_content(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace crewship
