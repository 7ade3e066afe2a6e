#include <crewship/domain/json.hpp>

#include <utility>

#include "json_reader.hpp"
#include "json_string.hpp"

namespace crewship {
namespace {

using detail::JsonReader;
using detail::RawString;

struct NoSink {
  void open(JsonKind) {}
  void close(JsonKind) {}
  void key(const RawString&) {}
  void string(const RawString&) {}
  void number(std::string_view) {}
  void literal(JsonKind, std::string_view) {}
};

// Keeps the members of the outermost object.
class MemberSink {
 public:
  explicit MemberSink(std::string_view text) : text_(text) {}

  void attach(const JsonReader<MemberSink>& reader) { reader_ = &reader; }
  std::vector<JsonMember> take() { return std::move(members_); }

  void open(JsonKind kind) {
    if (depth_ == 1) start(kind, position() - 1);
    ++depth_;
  }
  void close(JsonKind) {
    --depth_;
    if (depth_ == 1) finish();
  }
  void key(const RawString& key) {
    if (depth_ == 1) members_.push_back({detail::decode_string(key), {}, JsonKind::null});
  }
  void string(const RawString& string) { scalar(JsonKind::string, string.body.size() + 2); }
  void number(std::string_view raw) { scalar(JsonKind::number, raw.size()); }
  void literal(JsonKind kind, std::string_view word) { scalar(kind, word.size()); }

 private:
  std::size_t position() const { return reader_->scanner().position(); }

  void scalar(JsonKind kind, std::size_t size) {
    if (depth_ != 1) return;
    start(kind, position() - size);
    finish();
  }
  void start(JsonKind kind, std::size_t offset) {
    if (members_.empty()) return;  // an element of an outermost array
    members_.back().kind = kind;
    value_start_ = offset;
  }
  void finish() {
    if (!members_.empty()) members_.back().value = text_.substr(value_start_, position() - value_start_);
  }

  std::string_view text_;
  const JsonReader<MemberSink>* reader_ = nullptr;
  std::size_t depth_ = 0;
  std::size_t value_start_ = 0;
  std::vector<JsonMember> members_;
};

}  // namespace

std::expected<JsonKind, JsonError> check_json(std::string_view text, std::size_t max_depth) {
  NoSink sink;
  return JsonReader(text, max_depth, sink).read();
}

std::expected<std::vector<JsonMember>, JsonError> json_members(std::string_view text, std::size_t max_depth) {
  MemberSink sink(text);
  JsonReader reader(text, max_depth, sink);
  sink.attach(reader);
  const auto kind = reader.read();
  if (!kind) return std::unexpected(kind.error());
  if (*kind != JsonKind::object) {
    const std::size_t offset = text.find_first_not_of(" \t\n\r");
    return std::unexpected(JsonError{offset, "expected a JSON object at byte " + std::to_string(offset)});
  }
  return sink.take();
}

}  // namespace crewship
