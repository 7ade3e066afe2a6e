// Reads one JSON object of the configuration into variables and notes every problem with the full name of its key.
// Keys that nobody asked for are problems too; report_unknown() is called last.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <crewship/app/config.hpp>

namespace crewship {

class ConfigReader {
 public:
  // `object` may be null: the section is not there and every default stays.
  ConfigReader(const nlohmann::json* object, std::string path, std::vector<ConfigProblem>& problems);

  void text(std::string_view key, std::string& value);
  void required_text(std::string_view key, std::string& value, std::string message);  // said when it is missing
  void optional_text(std::string_view key, std::optional<std::string>& value);        // null: none
  void count(std::string_view key, std::size_t& value, std::size_t least, std::size_t most);
  void duration(std::string_view key, std::chrono::milliseconds& value, std::chrono::milliseconds least,
                std::chrono::milliseconds most);
  // Each element of an array of texts goes to `take`, which returns what is wrong with it.
  void texts(std::string_view key, const std::function<std::optional<std::string>(const std::string&)>& take,
             const std::function<void()>& clear);
  ConfigReader section(std::string_view key);
  bool has(std::string_view key) const;  // there and not null
  void problem(std::string_view key, std::string message);
  void report_unknown();

 private:
  const nlohmann::json* find(std::string_view key);
  std::string full_name(std::string_view key) const;

  const nlohmann::json* object_;
  std::string path_;
  std::vector<ConfigProblem>& problems_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace crewship
