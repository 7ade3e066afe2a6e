// Reads one JSON text (RFC 8259) and tells a sink what it meets, in the order of the text. Grammar and nesting are
// checked here, words in json_scanner. A loop with its own stack of open containers: deep nesting costs heap, not
// stack. A sink has open(JsonKind), close(JsonKind), key(RawString), string(RawString), number(raw), literal(JsonKind,
// raw).
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include <crewship/domain/json.hpp>

#include "json_scanner.hpp"

namespace crewship::detail {

template <class Sink>
class JsonReader {
 public:
  JsonReader(std::string_view text, std::size_t max_depth, Sink& sink)
      : scanner_(text), max_depth_(max_depth), sink_(sink) {}

  std::expected<JsonKind, JsonError> read() {
    if (!read_text()) return std::unexpected(scanner_.take_error());
    return kind_;
  }

  // For sinks: where the word just told ends; on open() and close(), just behind the bracket.
  const JsonScanner& scanner() const { return scanner_; }

 private:
  enum class Value { failed, complete, opened };

  bool read_text() {
    for (;;) {
      if (inside_object() && !read_key()) return false;
      const Value value = read_value();
      if (value == Value::failed) return false;
      if (value == Value::opened) continue;
      if (!close_what_ends()) return false;
      if (open_.empty()) return true;
    }
  }

  bool inside_object() const { return !open_.empty() && open_.back() == JsonKind::object; }

  bool read_key() {
    scanner_.skip_space();
    RawString key;
    if (!scanner_.at('"')) return scanner_.fail_here("expected a key in double quotes");
    if (!scanner_.take_string(key)) return false;
    sink_.key(key);
    scanner_.skip_space();
    if (!scanner_.at(':')) return scanner_.fail_here("expected ':'");
    scanner_.skip(1);
    return true;
  }

  Value read_value() {
    scanner_.skip_space();
    if (scanner_.at('{')) return open(JsonKind::object, '}');
    if (scanner_.at('[')) return open(JsonKind::array, ']');
    if (scanner_.at('"')) {
      RawString string;
      if (!scanner_.take_string(string)) return Value::failed;
      sink_.string(string);
      return complete(JsonKind::string);
    }
    if (scanner_.starts_number()) {
      std::string_view raw;
      if (!scanner_.take_number(raw)) return Value::failed;
      sink_.number(raw);
      return complete(JsonKind::number);
    }
    if (scanner_.at('t')) return literal("true", JsonKind::boolean);
    if (scanner_.at('f')) return literal("false", JsonKind::boolean);
    return literal("null", JsonKind::null);
  }

  Value literal(std::string_view word, JsonKind kind) {
    if (!scanner_.take_literal(word)) return Value::failed;
    sink_.literal(kind, word);
    return complete(kind);
  }

  Value complete(JsonKind kind) {
    kind_ = kind;  // the outermost value is complete last
    return Value::complete;
  }

  Value open(JsonKind kind, char closing) {
    if (open_.size() >= max_depth_) {
      scanner_.fail_here("nested over " + std::to_string(max_depth_) + " levels");
      return Value::failed;
    }
    open_.push_back(kind);
    scanner_.skip(1);
    sink_.open(kind);
    scanner_.skip_space();
    if (!scanner_.at(closing)) return Value::opened;
    close();
    return Value::complete;
  }

  void close() {
    const JsonKind kind = open_.back();
    open_.pop_back();
    scanner_.skip(1);
    sink_.close(kind);
    complete(kind);
  }

  // Behind a value: closes the containers that end here, up to the comma before the next value or the end of the text.
  bool close_what_ends() {
    for (;;) {
      scanner_.skip_space();
      if (open_.empty()) return scanner_.at_end() || scanner_.fail_here("expected nothing after the value");
      if (scanner_.at(',')) {
        scanner_.skip(1);
        return true;
      }
      if (!scanner_.at(inside_object() ? '}' : ']')) {
        return scanner_.fail_here(inside_object() ? "expected ',' or '}'" : "expected ',' or ']'");
      }
      close();
    }
  }

  JsonScanner scanner_;
  std::size_t max_depth_;
  Sink& sink_;
  std::vector<JsonKind> open_;
  JsonKind kind_ = JsonKind::null;
};

}  // namespace crewship::detail
