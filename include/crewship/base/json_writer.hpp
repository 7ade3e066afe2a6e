// Writes JSON text straight into a string: what the API answers, what the log prints, what a delivery carries.
// Payloads that are JSON text already are embedded with raw(). Strings are escaped as JSON.stringify does it, so what
// it writes is a fixed point of JavaScript's. Invalid UTF-8 must have been dealt with before. Commas are its business.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace crewship {

// `text` as a JSON string with its quotes.
std::string json_quote(std::string_view text);
void append_json_quoted(std::string& out, std::string_view text);

class JsonWriter {
 public:
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view value);
  JsonWriter& raw(std::string_view json);
  JsonWriter& null();
  JsonWriter& boolean(bool value);
  JsonWriter& number(std::int64_t value);

  // key + value in one call, for the common cases.
  JsonWriter& field(std::string_view name, std::string_view value) { return key(name).string(value); }
  JsonWriter& field(std::string_view name, const char* value) { return key(name).string(value); }
  JsonWriter& field(std::string_view name, bool value) { return key(name).boolean(value); }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  JsonWriter& field(std::string_view name, T value) {
    return key(name).number(static_cast<std::int64_t>(value));
  }
  template <class T>
  JsonWriter& field(std::string_view name, const std::optional<T>& value) {
    if (!value) return key(name).null();
    return field(name, *value);
  }
  JsonWriter& raw_field(std::string_view name, std::string_view json) { return key(name).raw(json); }
  JsonWriter& null_field(std::string_view name) { return key(name).null(); }

  const std::string& text() const { return out_; }
  // Hands the text over and starts afresh.
  std::string take() {
    need_comma_ = false;
    return std::exchange(out_, {});
  }

 private:
  void separate();
  std::string out_;
  bool need_comma_ = false;
};

}  // namespace crewship
