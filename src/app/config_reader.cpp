#include "config_reader.hpp"

#include <utility>

#include <crewship/base/time_format.hpp>

namespace crewship {

ConfigReader::ConfigReader(const nlohmann::json* object, std::string path, std::vector<ConfigProblem>& problems)
    : object_(object), path_(std::move(path)), problems_(problems) {
  if (object_ != nullptr && !object_->is_object()) {
    problems_.push_back({path_, "must be an object"});
    object_ = nullptr;
  }
}

std::string ConfigReader::full_name(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void ConfigReader::problem(std::string_view key, std::string message) {
  problems_.push_back({full_name(key), std::move(message)});
}

const nlohmann::json* ConfigReader::find(std::string_view key) {
  known_.emplace(key);
  if (object_ == nullptr) return nullptr;
  const auto found = object_->find(key);
  return found == object_->end() ? nullptr : &*found;
}

bool ConfigReader::has(std::string_view key) const {
  if (object_ == nullptr) return false;
  const auto found = object_->find(key);
  return found != object_->end() && !found->is_null();
}

void ConfigReader::text(std::string_view key, std::string& value) {
  const nlohmann::json* found = find(key);
  if (found == nullptr) return;
  if (!found->is_string()) return problem(key, "must be a text");
  if (found->get_ref<const std::string&>().empty()) return problem(key, "must not be empty");
  value = found->get<std::string>();
}

void ConfigReader::required_text(std::string_view key, std::string& value, std::string message) {
  if (object_ != nullptr && !object_->contains(key)) return problem(key, std::move(message));
  text(key, value);
}

void ConfigReader::optional_text(std::string_view key, std::optional<std::string>& value) {
  const nlohmann::json* found = find(key);
  if (found == nullptr) return;
  if (found->is_null()) {
    value.reset();
    return;
  }
  std::string given;
  text(key, given);
  if (!given.empty()) value = std::move(given);
}

void ConfigReader::count(std::string_view key, std::size_t& value, std::size_t least, std::size_t most) {
  const nlohmann::json* found = find(key);
  if (found == nullptr) return;
  const std::string range = "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  if (!found->is_number_unsigned()) return problem(key, range);
  const auto given = found->get<std::uint64_t>();
  if (given < least || given > most) return problem(key, range + ", not " + std::to_string(given));
  value = static_cast<std::size_t>(given);
}

void ConfigReader::duration(std::string_view key, std::chrono::milliseconds& value, std::chrono::milliseconds least,
                            std::chrono::milliseconds most) {
  const nlohmann::json* found = find(key);
  if (found == nullptr) return;
  if (!found->is_string()) return problem(key, R"(must be a duration such as "250ms", "30s", "5m", "2h" or "30d")");
  const auto& given = found->get_ref<const std::string&>();
  const auto parsed = parse_duration(given);
  if (!parsed) {
    return problem(key, R"(must be a duration such as "250ms", "30s", "5m", "2h" or "30d", not ")" + given + '"');
  }
  if (*parsed < least || *parsed > most) {
    return problem(key, "must be from " + format_duration(least) + " to " + format_duration(most) + ", not " + given);
  }
  value = *parsed;
}

void ConfigReader::texts(std::string_view key,
                         const std::function<std::optional<std::string>(const std::string&)>& take,
                         const std::function<void()>& clear) {
  const nlohmann::json* found = find(key);
  if (found == nullptr) return;
  if (!found->is_array()) return problem(key, "must be an array");
  clear();
  std::size_t index = 0;
  for (const auto& element : *found) {
    const std::string name = std::string(key) + "[" + std::to_string(index++) + "]";
    if (!element.is_string()) {
      problem(name, "must be a text");
    } else if (auto complaint = take(element.get_ref<const std::string&>())) {
      problem(name, *std::move(complaint));
    }
  }
}

ConfigReader ConfigReader::section(std::string_view key) { return {find(key), full_name(key), problems_}; }

void ConfigReader::report_unknown() {
  if (object_ == nullptr) return;
  for (const auto& [key, value] : object_->items()) {
    if (!known_.contains(key)) problem(key, "is not a setting");
  }
}

}  // namespace crewship
