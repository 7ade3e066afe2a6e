// The words of JSON text (RFC 8259): strings, numbers, literals and the space between them, one at a time from a
// cursor. It checks and never converts; what the words mean is json_string's and json_number's business. No look back:
// each byte is read once. The first mistake is kept as the error.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <crewship/domain/json.hpp>

namespace crewship::detail {

struct RawString {
  std::string_view body;  // between the quotes
  bool escaped = false;   // there is a backslash in it
};

class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : text_(text) {}

  void skip_space() {
    while (position_ < text_.size() && is_space(text_[position_])) ++position_;
  }
  bool at_end() const { return position_ == text_.size(); }
  bool at(char wanted) const { return position_ < text_.size() && text_[position_] == wanted; }
  bool starts_number() const;
  bool starts_with(std::string_view word) const { return text_.substr(position_).starts_with(word); }
  std::size_t position() const { return position_; }
  void skip(std::size_t count) { position_ += count; }
  std::string_view since(std::size_t start) const { return text_.substr(start, position_ - start); }

  // These take a whole word or leave an error and answer false. The cursor is on the opening quote.
  bool take_string(RawString& out);
  bool take_number(std::string_view& out);
  bool take_literal(std::string_view word);

  // Keeps the error; always false.
  bool fail(std::size_t offset, std::string_view what);
  bool fail_here(std::string_view what) { return fail(position_, what); }
  JsonError take_error() { return std::move(error_); }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  bool take_escape();
  bool take_digits();

  std::string_view text_;
  std::size_t position_ = 0;
  JsonError error_{0, {}};
};

}  // namespace crewship::detail
